/** Modules whose change is almost one direction. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { WeightsFinding } from '../protocol/findings';
import { formatPercent } from '../text/numberText';
import { isPlain, isTrained } from './evidence';
import type { Evidence } from './evidence';
import { place, sentence } from './sentence';

/** No published threshold. */
const SPIKE_SHARE = 0.9;

export function spectrumSpike({ modules }: Evidence, { lora }: SourceDescription): readonly WeightsFinding[] {
  const found = modules.flatMap((each) => {
    const { info, singularValues } = each;
    const isShared = Math.min(info.rank, info.inFeatures, info.outFeatures) > 1;
    if (!isShared || !singularValues || !isPlain(info) || !isTrained(each)) return [];
    const share = singularValues[0]! / singularValues.reduce((sum, value) => sum + value, 0);
    return share > SPIKE_SHARE ? [{ info, share }] : [];
  });
  if (found.length === 0) return [];
  const largest = found.reduce((most, { share }) => Math.max(most, share), 0);
  const infos = found.map(({ info }) => info);
  return [
    {
      code: 'spectrum_spike',
      level: 'info',
      modules: infos.map(({ module }) => module),
      tensors: [],
      value: largest,
      threshold: SPIKE_SHARE,
      heuristic: true,
      what: sentence(
        'The largest singular value is up to {0} of the sum of all in {1}.',
        formatPercent(largest),
        place(infos, lora),
      ),
      why: sentence('The change is almost of rank 1: training used one direction, or one direction grew too large.'),
      action: sentence('Look at the spectrum; a smaller rank may be enough, or the learning rate was too high.'),
    },
  ];
}
