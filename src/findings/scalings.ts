/** Scalings with which a module cannot do what it was trained for. */

import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import { quoted } from '../peftConfig/quoted';
import type { FindingLevel, WeightsFinding, WeightsFindingCode } from '../protocol/findings';
import { sentence } from './sentence';

interface Kind {
  readonly code: WeightsFindingCode;
  readonly level: FindingLevel;
  readonly is: (scaling: number) => boolean;
  readonly words: string;
  readonly why: string;
}

const KINDS: readonly Kind[] = [
  {
    code: 'scaling_nonfinite',
    level: 'error',
    is: (scaling) => !Number.isFinite(scaling),
    words: 'is not finite',
    why: 'Every weight that the module changes becomes NaN or infinite.',
  },
  {
    code: 'scaling_zero',
    level: 'error',
    is: (scaling) => scaling === 0,
    words: 'is zero, so the module changes nothing',
    why: 'PEFT multiplies the change by 0; llama.cpp takes an alpha of 0 as scaling 1, so runtimes disagree.',
  },
  {
    code: 'scaling_negative',
    level: 'warning',
    is: (scaling) => scaling < 0,
    words: 'is negative',
    why: 'The adapter subtracts what it was trained to add, which is seldom meant.',
  },
];

export function scalings({ lora }: SourceDescription): readonly WeightsFinding[] {
  return KINDS.flatMap(({ code, level, is, words, why }): WeightsFinding[] => {
    const modules = lora.filter(({ scaling }) => is(scaling));
    const [first, ...others] = modules as [LoraModuleInfo?, ...LoraModuleInfo[]];
    if (!first) return [];
    const more = others.length > 0 ? ` and of ${others.length} more` : '';
    return [
      {
        code,
        level,
        modules: modules.map(({ module }) => module),
        tensors: [],
        value: Number.isFinite(first.scaling) ? first.scaling : null,
        heuristic: false,
        what: sentence(`The scaling of {0}{1} ${words}: {2}.`, quoted(first.module), more, first.scalingSource),
        why: sentence(why),
        action: sentence(
          'Set the alpha that was used in training (lora_alpha or alpha_pattern in adapter_config.json).',
        ),
      },
    ];
  });
}
