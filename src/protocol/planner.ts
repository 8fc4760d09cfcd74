/**
 * Host to planner: the thread that counts. It keeps nothing between requests but what it can work out again. Models
 * are told by reference, so that configs are read and laid out where they are counted.
 */

import type { BudgetInputs, BudgetReport } from './calculator';
import type { LocalText } from './localText';
import type { ModelReference, ReportModel, Surroundings } from './models';
import type { PlanChoices, PlanFit, PlanInputs, PlanReport, PlanSweep } from './plan';
import type { PythonRequests } from './python';
import type { SourceDescription } from '../checkpoint/sourceDescription';

export interface AdapterBudget {
  /** The model that was counted on, for people; null where none was found. */
  readonly modelTitle: string | null;
  /** Null where it cannot be counted; `problem` then says why. */
  readonly counted: AdapterCounts | null;
  readonly warnings: readonly string[];
  readonly problem: string;
}

export interface AdapterCounts {
  readonly trainable: number;
  /** Parameters of the model with the adapter. */
  readonly all: number;
  /** 100 * trainable / all. */
  readonly percent: number;
  /** Bytes of adapter_model.safetensors. */
  readonly fileBytes: number;
}

/** adapter_config.json as it stands in the editor. */
export interface AdapterDocument extends Surroundings {
  readonly text: string;
  /** adapter_model.safetensors beside it; null where there is none. */
  readonly weights: SourceDescription | null;
}

/** A stretch of the document, in UTF-16 code units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface TextEdit extends Span {
  readonly newText: string;
}

export interface Fix {
  readonly title: LocalText;
  /** Empty where `choosesBaseModel` is what it does. */
  readonly edits: readonly TextEdit[];
  readonly choosesBaseModel?: boolean;
}

/** What is wrong with an adapter's config, and what would mend it, the likeliest first. */
export interface Finding extends Span {
  /** Stable: 'target-no-match'. */
  readonly code: FindingCode;
  readonly severity: 'error' | 'warning' | 'information';
  readonly text: LocalText;
  readonly fixes: readonly Fix[];
}

export type FindingCode =
  | 'alpha-ratio'
  | 'base-not-found'
  | 'base-unreadable'
  | 'exclude-no-match'
  | 'layers-out-of-range'
  | 'pattern-no-match'
  | 'pattern-not-translated'
  | 'rank-differs-from-weights'
  | 'rank-invalid'
  | 'rank-not-served'
  | 'rslora-alpha'
  | 'save-no-match'
  | 'target-excluded'
  | 'target-no-match'
  | 'target-partial'
  | 'target-unsupported'
  | 'targets-missing'
  | 'uncounted'
  | 'unknown-key';

/** Where a base model was found. */
export type ModelPlace = 'chosen' | 'beside' | 'workspace' | 'disk' | 'cache' | 'preset';

/** What a config's targets matched. */
export interface TargetLens extends Span {
  /** Modules by entry, in the file's order; a single pair for a pattern. */
  readonly entries: readonly (readonly [string, number])[];
  /** Modules that are adapted in all. */
  readonly modules: number;
}

export interface ConfigAnalysis {
  readonly method: string;
  /** `base_model_name_or_path`. */
  readonly wanted: string | null;
  readonly place: ModelPlace | null;
  /** config.json on the local disk, or null. */
  readonly path: string | null;
  /** Where the model is a preset. */
  readonly preset: string | null;
  readonly budget: AdapterBudget;
  /** Parameters of the weights beside it; null without weights. */
  readonly weightsParameters: number | null;
  readonly targets: TargetLens | null;
  readonly findings: readonly Finding[];
  readonly settings: CalculatorSettings;
}

/** What the calculator takes over of a config; null for what the config has not. */
export interface CalculatorSettings {
  readonly rank: number | null;
  readonly alpha: number | null;
  readonly virtualTokens: number | null;
  /** The key of `BudgetInputs.targets` for this kind of architecture; '' where there are no targets to take over. */
  readonly targetsKey: string;
  readonly targets: readonly string[];
}

export interface PlanQuestion {
  readonly plan: PlanInputs;
  readonly inputs: BudgetInputs;
  readonly model: ReportModel;
}

export interface PlannerRequests extends PythonRequests {
  /** All that the editor shows on an adapter_config.json; null for what is no PEFT config. */
  'config/analyse'(params: AdapterDocument): ConfigAnalysis | null;
  'presets/list'(params: Record<never, never>): readonly { readonly id: string; readonly title: string }[];
  /** All that the calculator and the comparison show. What is wrong with the inputs is in the report. */
  'budget/report'(params: { readonly inputs: BudgetInputs; readonly model: ReportModel }): BudgetReport;
  /** The report as text to paste. */
  'budget/text'(params: { readonly report: BudgetReport; readonly format: 'markdown' | 'csv' }): string;
  'plan/choices'(params: Record<never, never>): PlanChoices;
  /** A plan on the model of the calculator's inputs. What is wrong is in the report. */
  'plan/report'(params: PlanQuestion): PlanReport;
  'plan/fit'(params: PlanQuestion): PlanFit;
  'plan/sweep'(params: PlanQuestion): PlanSweep;
  /** Counts an adapter's config, as computeBudget does. What cannot be counted is in the answer, not an error. */
  'budget/adapter'(params: { readonly adapterConfig: unknown; readonly model: ModelReference }): AdapterBudget;
  /** What the entry at `offset` means, as Markdown; null where there is nothing to say. */
  'config/hover'(params: AdapterDocument & { readonly offset: number }): (Span & { readonly markdown: string }) | null;
}
