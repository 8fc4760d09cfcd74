/**
 * Messages between the host and the planner, the thread that counts. The planner keeps nothing between requests except
 * what it can work out again. A request refers to models and weights by reference; the planner reads each file itself,
 * or asks the host for it once, so that a keystroke or a hover sends only what changed.
 */

import type { AdapterPage, AdapterQuestion } from './adapters';
import type { BudgetInputs, BudgetReport, CalculatorReport } from './calculator';
import type { LocalText } from './localText';
import type { ModelReference, ReportModel, Surroundings } from './models';
import type { PlanChoices, PlanFit, PlanInputs, PlanSweep } from './plan';
import type { PackedJson } from './packedDescription';
import type { PythonRequests } from './python';
import type { ConfigScan, ModelFacts, ScanParams } from './scan';
import type { EditorRequests } from './worker';
import type { LoraModuleInfo, TensorInfo } from '../checkpoint/sourceDescription';

export interface AdapterBudget {
  /** The model of the count, as users see it, and what it stands in for; `null` if no model was found. */
  readonly modelTitle: string | null;
  /** The model that was asked for, if the count is on another one. */
  readonly standsInFor: string | null;
  /** `null` if it cannot be counted; `problem` then says why. */
  readonly counted: AdapterCounts | null;
  readonly warnings: readonly string[];
  readonly problem: string;
}

export interface AdapterCounts {
  readonly trainable: number;
  /** Parameters of the model and the adapter together. */
  readonly all: number;
  /** 100 * trainable / all. */
  readonly percent: number;
  /** Bytes of adapter_model.safetensors. */
  readonly fileBytes: number;
}

/** adapter_config.json as the editor shows it, saved or not. */
export interface AdapterDocument extends Surroundings {
  readonly text: string;
  /** The adapter_model.safetensors in the same folder; `null` if there is none. */
  readonly weights: WeightsReference | null;
}

/** A weights file. The planner asks the host for its `AdapterWeights` once per `stamp`, which changes with the file. */
export interface WeightsReference {
  readonly uri: string;
  readonly stamp: string;
}

/** What checks and hovers need from an adapter's weights. A `SourceDescription` holds it all, and much more. */
export interface AdapterWeights {
  readonly parameters: number;
  readonly tensors: readonly Pick<TensorInfo, 'name'>[];
  readonly lora: readonly Pick<
    LoraModuleInfo,
    'module' | 'rank' | 'inFeatures' | 'outFeatures' | 'a' | 'unavailable'
  >[];
}

/** A range of the document, in UTF-16 code units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface TextEdit extends Span {
  readonly newText: string;
}

export interface Fix {
  readonly title: LocalText;
  /** Empty for a fix that lets the user choose a base model. */
  readonly edits: readonly TextEdit[];
  readonly choosesBaseModel?: boolean;
}

/** A fault of an adapter's config, and its possible fixes, the likeliest first. */
export interface Finding extends Span {
  /** Stable across releases: 'target-no-match'. */
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
  | 'pattern-not-matched'
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

/** The place where a base model was found; 'elsewhere' for a model that is taken because the right one was not found. */
export type ModelPlace = 'chosen' | 'beside' | 'workspace' | 'disk' | 'cache' | 'preset' | 'elsewhere';

/** What the entries of target_modules match. */
export interface TargetLens extends Span {
  /** Matched modules by entry, in the file's order. A pattern is a single entry. */
  readonly entries: readonly (readonly [string, number])[];
  /** How many modules the adapter adapts. */
  readonly modules: number;
}

export interface ConfigAnalysis {
  readonly method: string;
  /** `base_model_name_or_path`. */
  readonly wanted: string | null;
  readonly place: ModelPlace | null;
  /** The path of config.json on the local disk; `null` if it is elsewhere. */
  readonly path: string | null;
  /** The preset's id; `null` for other models. */
  readonly preset: string | null;
  readonly budget: AdapterBudget;
  /** Parameters in the weights file; `null` without one. */
  readonly weightsParameters: number | null;
  readonly targets: TargetLens | null;
  readonly findings: readonly Finding[];
  readonly settings: CalculatorSettings;
}

/** The settings of a config that the calculator shows; `null` for those that the config lacks. */
export interface CalculatorSettings {
  readonly rank: number | null;
  readonly alpha: number | null;
  readonly virtualTokens: number | null;
  /** The key of `BudgetInputs.targets` for the architecture; '' if the config has no targets that it offers. */
  readonly targetsKey: string;
  readonly targets: readonly string[];
}

export interface PlanQuestion {
  readonly plan: PlanInputs;
  readonly inputs: BudgetInputs;
  readonly model: ReportModel;
}

export interface PlannerRequests extends PythonRequests {
  /** All that the editor shows on an adapter_config.json; `null` for a file that is not a PEFT config. */
  'config/analyse'(params: AdapterDocument): ConfigAnalysis | null;
  /** Finds the models among the config.json files of a workspace. */
  'models/scan'(params: ScanParams): ConfigScan<ModelFacts>;
  /**
   * A page of the adapters of a workspace. A filter reads all configs, so progress says how many are read, and its
   * `partial` is the page so far whenever that has changed.
   */
  'adapters/page'(params: AdapterQuestion): AdapterPage;
  /** `hubId` is the id of the model on the Hugging Face Hub. */
  'presets/list'(
    params: Record<never, never>,
  ): readonly { readonly id: string; readonly title: string; readonly hubId: string }[];
  /** All that the comparison shows. The report names invalid inputs. */
  'budget/report'(params: { readonly inputs: BudgetInputs; readonly model: ReportModel }): BudgetReport;
  /** The report as text to paste. */
  'budget/text'(params: { readonly report: BudgetReport; readonly format: 'markdown' | 'csv' }): string;
  'plan/choices'(params: Record<never, never>): PlanChoices;
  /** All that the calculator shows. `budget` says whether the inputs changed, so that the methods are counted again. */
  'calculator/compute'(params: PlanQuestion & { readonly budget: boolean }): CalculatorReport;
  'plan/fit'(params: PlanQuestion): PlanFit;
  'plan/sweep'(params: PlanQuestion): PlanSweep;
  /** Counts an adapter's config as computeBudget does. A config that cannot be counted is a reply, not an error. */
  'budget/adapter'(params: { readonly adapterConfig: unknown; readonly model: ModelReference }): AdapterBudget;
  /** Explains the entry at `offset` in Markdown; `null` if there is nothing to explain. */
  'config/hover'(params: AdapterDocument & { readonly offset: number }): (Span & { readonly markdown: string }) | null;
}

/** Planner to host: files that only the editor or the worker can read. */
export interface PlannerQuestions {
  'file/read': EditorRequests['file/read'];
  /** `AdapterWeights`, packed by the worker; `null` if the file cannot be read or is far larger than an adapter. */
  'weights/summarise'(params: { readonly uri: string }): PackedJson | null;
}
