/** Changes that are lost when they are merged into a bf16 base. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import { frobeniusNorm } from '../matrices/spectrum';
import type { WeightsFinding } from '../protocol/findings';
import { formatNumber } from '../text/numberText';
import { isTrained } from './evidence';
import type { Evidence } from './evidence';
import { place, sentence } from './sentence';

/**
 * Half a step of bf16 between 2^-7 and 2^-6, where the median |w| of weights with standard deviation 0.02 lies. This
 * is an assumption about the base, whose weights are not read.
 */
const HALF_STEP = 2 ** -15;

export function belowPrecision({ modules }: Evidence, { lora }: SourceDescription): readonly WeightsFinding[] {
  const found = modules.flatMap((each) => {
    const { info, singularValues } = each;
    if (!singularValues || !isTrained(each)) return [];
    const rms = frobeniusNorm(singularValues) / Math.sqrt(info.inFeatures * info.outFeatures);
    return rms > 0 && rms < HALF_STEP ? [{ info, rms }] : [];
  });
  if (found.length === 0) return [];
  const smallest = found.reduce((least, { rms }) => Math.min(least, rms), Infinity);
  const infos = found.map(({ info }) => info);
  return [
    {
      code: 'below_precision',
      level: 'info',
      modules: infos.map(({ module }) => module),
      tensors: [],
      value: smallest,
      threshold: HALF_STEP,
      heuristic: true,
      what: sentence(
        'The entries of ΔW are as small as {0} (root mean square) in {1}.',
        formatNumber(smallest),
        infos.length === lora.length ? `all ${lora.length} modules` : place(infos, lora),
      ),
      why: sentence('Merging into a bf16 base rounds most of such a change away, if its weights are of usual size.'),
      action: sentence('Keep the adapter apart, or merge into float32 weights.'),
    },
  ];
}
