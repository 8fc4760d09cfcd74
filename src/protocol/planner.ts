/**
 * Host to planner: the thread that counts. It keeps nothing between requests but what it can work out again. Models
 * are told by reference, so that configs are read and laid out where they are counted.
 */

import type { BudgetInputs, BudgetReport } from './calculator';
import type { SourceDescription } from './source';

/** A config.json of the workspace that describes a model. */
export interface WorkspaceModel {
  /** For people: the path in the workspace. */
  readonly title: string;
  /** URI of its folder. */
  readonly folder: string;
  /** Name of its folder. */
  readonly name: string;
  /** The config's `_name_or_path`. */
  readonly ownName: string | null;
  /** Local path of the config.json; null where the workspace is not on this machine's disk. */
  readonly path: string | null;
  /** The parsed file where `path` is null. */
  readonly config: unknown;
}

/** Where the base model of an adapter is looked for, beside the places the planner knows by itself. */
export interface Surroundings {
  /** URI of the folder of the file that names the model; null for a file that has none. */
  readonly folder: string | null;
  /** The same folder on the local disk, against which relative paths are read; null where it is not there. */
  readonly localFolder: string | null;
  readonly workspace: readonly WorkspaceModel[];
}

export type ModelReference =
  | { readonly kind: 'config'; readonly title: string; readonly config: unknown }
  /** A config.json on the local disk. */
  | { readonly kind: 'file'; readonly title: string; readonly path: string }
  | { readonly kind: 'preset'; readonly id: string }
  /** As in `base_model_name_or_path`: found in the workspace, on the disk, in the hub's local cache, or as a preset. */
  | ({ readonly kind: 'named'; readonly name: string | null } & Surroundings);

/** What the calculator counts on. */
export type ReportModel =
  | ModelReference
  /** The sizes typed into the inputs. */
  | { readonly kind: 'custom' }
  | { readonly kind: 'missing'; readonly title: string; readonly message: string };

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

export interface PlannerRequests {
  'presets/list'(params: Record<never, never>): readonly { readonly id: string; readonly title: string }[];
  /** All that the calculator and the comparison show. What is wrong with the inputs is in the report. */
  'budget/report'(params: { readonly inputs: BudgetInputs; readonly model: ReportModel }): BudgetReport;
  /** The report as text to paste. */
  'budget/text'(params: { readonly report: BudgetReport; readonly format: 'markdown' | 'csv' }): string;
  /** Counts an adapter's config, as computeBudget does. What cannot be counted is in the answer, not an error. */
  'budget/adapter'(params: { readonly adapterConfig: unknown; readonly model: ModelReference }): AdapterBudget;
  /** What the entry at `offset` means, as Markdown; null where there is nothing to say. */
  'config/hover'(params: AdapterDocument & { readonly offset: number }): (Span & { readonly markdown: string }) | null;
}
