/** An estimate as a list of terms that add up to a total. Each term has its arithmetic. */

import { formatCount } from '../../text/numberText';

export type TermGroup =
  'weights' | 'adapter' | 'gradients' | 'optimizer' | 'activations' | 'logits' | 'cache' | 'temporary';

export interface MemoryTerm {
  readonly id: string;
  readonly group: TermGroup;
  readonly label: string;
  readonly bytes: number;
  /** The arithmetic behind the number, as text. */
  readonly formula: string;
  readonly note?: string;
}

export interface Phase {
  readonly id: 'loss' | 'backward' | 'gradients' | 'step';
  readonly label: string;
  /** What this phase adds to the static terms. */
  readonly terms: readonly MemoryTerm[];
}

export interface PhaseTotal {
  readonly id: Phase['id'];
  readonly label: string;
  readonly bytes: number;
}

export interface MemoryEstimate {
  /** The terms at the peak, which add up to `totalBytes`. Empty terms are left out. */
  readonly terms: readonly MemoryTerm[];
  /** What torch allocates on each GPU: `torch.cuda.max_memory_allocated`. */
  readonly totalBytes: number;
  /** The total with the CUDA context, which nvidia-smi counts and torch does not. */
  readonly deviceBytes: number;
  readonly contextBytes: number;
  /** What the estimate leaves out or assumes. */
  readonly warnings: readonly string[];
}

export interface TrainingMemory extends MemoryEstimate {
  readonly trainable: number;
  /** The phase that has the peak. */
  readonly peak: PhaseTotal;
  readonly phases: readonly PhaseTotal[];
}

/** CUDA's context with torch's kernels loaded: 400 to 600 MiB on Ampere to Hopper. */
export const CUDA_CONTEXT_BYTES = 500 * 2 ** 20;

export function groupedDigits(value: number): string {
  return formatCount(Math.round(value));
}

export function sumBytes(terms: readonly MemoryTerm[]): number {
  return terms.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Rounds bytes up to whole numbers of at least 0. */
function whole(terms: readonly MemoryTerm[]): MemoryTerm[] {
  return terms.map((term) => ({ ...term, bytes: Math.max(0, Math.ceil(term.bytes)) }));
}

interface Rest {
  readonly trainable: number;
  readonly contextBytes: number;
  readonly warnings: readonly string[];
}

/** The phase that adds the most to the static terms is the peak. */
export function withTotals(statics: readonly MemoryTerm[], phases: readonly Phase[], rest: Rest): TrainingMemory {
  const fixed = whole(statics);
  const totals = phases.map(({ id, label, terms }) => ({ id, label, bytes: sumBytes([...fixed, ...whole(terms)]) }));
  let at = 0;
  totals.forEach(({ bytes }, index) => {
    if (bytes > (totals[at]?.bytes ?? 0)) at = index;
  });
  const peak = totals[at];
  if (!peak) throw new RangeError('a step has at least one phase');
  const terms = [...fixed, ...whole(phases[at]?.terms ?? [])].filter(
    ({ bytes, id }) => bytes > 0 || id === 'gradients',
  );
  return { terms, totalBytes: peak.bytes, deviceBytes: peak.bytes + rest.contextBytes, peak, phases: totals, ...rest };
}
