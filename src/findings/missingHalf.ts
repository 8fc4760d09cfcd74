/** Low-rank pairs of which the file has one half. */

import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import type { WeightsFinding } from '../protocol/findings';
import { place, sentence } from './sentence';

export function missesHalf({ a, b, unavailable }: LoraModuleInfo): boolean {
  return unavailable !== undefined && (a === '') !== (b === '');
}

export function missingHalf({ lora }: SourceDescription): readonly WeightsFinding[] {
  return (['b', 'a'] as const).flatMap((half): WeightsFinding[] => {
    const modules = lora.filter((info) => missesHalf(info) && info[half] === '');
    if (modules.length === 0) return [];
    const name = half === 'a' ? 'A half (down)' : 'B half (up)';
    return [
      {
        code: 'missing_half',
        level: 'error',
        modules: modules.map(({ module }) => module),
        tensors: modules.map(({ a, b }) => (half === 'a' ? b : a)),
        value: modules.length,
        heuristic: false,
        what: sentence('The {0} of {1} is missing.', name, place(modules, lora)),
        why: sentence('PEFT gives a missing half its initial values, so the module loses what it was trained to do.'),
        action: sentence('Save the adapter again where it was trained, or copy the file again.'),
      },
    ];
  });
}
