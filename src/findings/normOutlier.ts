/** Modules whose change is far larger than that of their peers. */

import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import { frobeniusNorm } from '../matrices/spectrum';
import type { WeightsFinding } from '../protocol/findings';
import { formatNumber } from '../text/numberText';
import { isTrained } from './evidence';
import type { Evidence } from './evidence';
import { place, sentence } from './sentence';

/** No published threshold. */
const OUTLIER_RATIO = 10;
/** An outlier moves the median of fewer peers by itself, so the median of all modules is used instead. */
const LEAST_PEERS = 5;
/** A median of two says nothing. */
const LEAST_MODULES = 3;

interface Measured {
  readonly info: LoraModuleInfo;
  readonly norm: number;
}

export function normOutlier({ modules }: Evidence, { lora }: SourceDescription): readonly WeightsFinding[] {
  const measured = modules.flatMap((each): Measured[] =>
    isTrained(each) && each.singularValues ? [{ info: each.info, norm: frobeniusNorm(each.singularValues) }] : [],
  );
  if (measured.length < LEAST_MODULES) return [];
  const found = outliers(measured);
  const [first] = found;
  if (!first) return [];
  const largest = found.reduce((most, each) => (each.ratio > most.ratio ? each : most), first);
  const infos = found.map(({ info }) => info);
  return [
    {
      code: 'norm_outlier',
      level: 'info',
      modules: infos.map(({ module }) => module),
      tensors: [],
      value: largest.ratio,
      threshold: OUTLIER_RATIO,
      heuristic: true,
      what: sentence(
        '‖ΔW‖ is up to {0} times the median of {1} in {2}.',
        formatNumber(largest.ratio),
        largest.peers,
        place(infos, lora),
      ),
      why: sentence('One module that changes far more than its peers often comes from an unstable training.'),
      action: sentence('Compare with an earlier checkpoint, and check the scaling of the module.'),
    },
  ];
}

function outliers(measured: readonly Measured[]): (Measured & { readonly ratio: number; readonly peers: string })[] {
  const kinds = new Map<string, number[]>();
  for (const { info, norm } of measured) {
    const kind = kinds.get(info.group);
    if (kind) kind.push(norm);
    else kinds.set(info.group, [norm]);
  }
  const all = median(measured.map(({ norm }) => norm));
  const medians = new Map([...kinds].map(([kind, norms]) => [kind, norms.length < LEAST_PEERS ? null : median(norms)]));
  return measured.flatMap(({ info, norm }) => {
    const own = medians.get(info.group) ?? null;
    const ratio = norm / (own ?? all);
    const peers = own === null ? 'all modules' : 'its kind';
    return ratio > OUTLIER_RATIO ? [{ info, norm, ratio, peers }] : [];
  });
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
