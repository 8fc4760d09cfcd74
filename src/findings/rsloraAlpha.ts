/** rsLoRA with an alpha that was chosen for alpha / r: the usual alpha = 2r gives scaling 2·√r. */

import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import { quoted } from '../peftConfig/quoted';
import type { WeightsFinding } from '../protocol/findings';
import { formatNumber } from '../text/numberText';
import { sentence } from './sentence';

/** No published threshold. alpha = 2r reaches it at rank 4; alpha = r, the usual choice with rsLoRA, at rank 16. */
const LARGE_SCALING = 4;
/** Relative error of alpha / √r after its division. */
const TOLERANCE = 1e-6;

export function rsloraAlpha({ lora }: SourceDescription): readonly WeightsFinding[] {
  const modules = lora.filter((info) => isRslora(info) && info.scaling > LARGE_SCALING);
  const [first] = modules;
  if (!first) return [];
  const largest = modules.reduce((most, info) => (info.scaling > most.scaling ? info : most), first);
  return [
    {
      code: 'rslora_alpha_suspicious',
      level: 'info',
      modules: modules.map(({ module }) => module),
      tensors: [],
      value: largest.scaling,
      threshold: LARGE_SCALING,
      heuristic: true,
      what: sentence(
        'rsLoRA scales {0} by {1} ({2}); without it the scaling would be {3}.',
        modules.length === 1 ? quoted(largest.module) : `${modules.length} modules`,
        formatNumber(largest.scaling),
        largest.scalingSource,
        formatNumber((largest.alpha ?? 0) / largest.rank),
      ),
      why: sentence('An alpha chosen for alpha / r makes the change √r times as large under rsLoRA.'),
      action: sentence('Check that use_rslora and lora_alpha are those of the training.'),
    },
  ];
}

function isRslora({ alpha, rank, scaling }: LoraModuleInfo): boolean {
  if (alpha === null || rank < 2 || !(scaling > 0)) return false;
  return Math.abs(alpha / Math.sqrt(rank) - scaling) <= TOLERANCE * scaling;
}
