/** Modules that use half of their rank or less: a smaller rank holds the same change. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { WeightsFinding } from '../protocol/findings';
import { isPlain, isTrained } from './evidence';
import type { Evidence, ModuleEvidence } from './evidence';
import { place, sentence } from './sentence';

/** No published threshold. */
const USED_SHARE = 0.5;
/** float32's epsilon, in which factors are stored at best. */
const EPSILON = 2 ** -23;

export function unusedRank({ modules }: Evidence, { lora }: SourceDescription): readonly WeightsFinding[] {
  const found = modules.flatMap((each) => {
    const possible = Math.min(each.info.rank, each.info.inFeatures, each.info.outFeatures);
    const used = isPlain(each.info) && isTrained(each) && possible > 1 ? numericalRank(each) : null;
    return used !== null && used <= USED_SHARE * possible ? [{ info: each.info, used, possible }] : [];
  });
  const [first] = found;
  if (!first) return [];
  const least = found.reduce(
    (best, each) => (each.used / each.possible < best.used / best.possible ? each : best),
    first,
  );
  const infos = found.map(({ info }) => info);
  return [
    {
      code: 'unused_rank',
      level: 'info',
      modules: infos.map(({ module }) => module),
      tensors: [],
      value: least.used,
      threshold: USED_SHARE * least.possible,
      heuristic: true,
      what: sentence(
        'The change has numerical rank {0} of {1} in {2}.',
        least.used,
        least.possible,
        place(infos, lora),
      ),
      why: sentence('The unused directions cost memory and time and change nothing.'),
      action: sentence('Resize to the rank that is used, which loses nothing.'),
    },
  ];
}

/** Singular values above rounding error relative to the largest, as in numpy's matrix_rank; `null` if unknown. */
function numericalRank({ info, singularValues }: ModuleEvidence): number | null {
  if (!singularValues) return null;
  const tolerance = (singularValues[0] ?? 0) * Math.max(info.inFeatures, info.outFeatures) * EPSILON;
  return singularValues.reduce((count, value) => count + (value > tolerance ? 1 : 0), 0);
}
