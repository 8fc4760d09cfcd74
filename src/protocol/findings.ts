/** What is wrong or odd with an opened file, as every surface shows it. `Text` is what a surface makes of the texts. */

import type { LocalText } from './localText';

/** An error breaks the file or leaves a module without effect; a heuristic is never more than information. */
export type FindingLevel = 'error' | 'warning' | 'info';

/** Stable across releases. */
export type WeightsFindingCode =
  | 'structure'
  | 'config_mismatch'
  | 'missing_half'
  | 'scaling_zero'
  | 'scaling_negative'
  | 'scaling_nonfinite'
  | 'rslora_alpha_suspicious'
  | 'target_no_match'
  | 'unreadable'
  | 'nonfinite'
  | 'dead_B'
  | 'dead_A'
  | 'dead_product'
  | 'duplicate_module'
  | 'norm_outlier'
  | 'unused_rank'
  | 'spectrum_spike'
  | 'zero_rows_B'
  | 'below_precision';

export interface WeightsFinding<Text = LocalText> {
  readonly code: WeightsFindingCode;
  readonly level: FindingLevel;
  /** Paths of the modules concerned, in the file's order. */
  readonly modules: readonly string[];
  /** Names of the tensors concerned, where the finding is about tensors. */
  readonly tensors: readonly string[];
  /** The number that the finding is about, that of the most extreme module; `null` if there is none. */
  readonly value: number | null;
  /** The value from which a heuristic reports. */
  readonly threshold?: number;
  /** True if no published or exact rule gives the threshold. */
  readonly heuristic: boolean;
  readonly what: Text;
  readonly why: Text;
  /** What the user can do. */
  readonly action: Text;
}

export interface FindingsReport<Text = LocalText> {
  /** Errors first. */
  readonly findings: readonly WeightsFinding<Text>[];
  /** How much of the file was read. */
  readonly read: 'header' | 'all';
  readonly scanned: { readonly tensors: number; readonly values: number };
  /** What the report says nothing about. */
  readonly notCovered: readonly Text[];
}

export interface FindingsRequests {
  /** Reads the header alone, or all values too, and then reports progress in values. */
  'findings/read'(params: { readonly values: boolean }): FindingsReport;
}
