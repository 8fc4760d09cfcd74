/** Modules with the same factors, bit for bit. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { WeightsFinding } from '../protocol/findings';
import { isPlain, isTrained } from './evidence';
import type { Evidence, ModuleEvidence } from './evidence';
import { place, sentence } from './sentence';

export function duplicateModules({ modules }: Evidence, { lora }: SourceDescription): readonly WeightsFinding[] {
  const groups = new Map<string, ModuleEvidence[]>();
  // An equal A alone is legal: modules may share their start, and VeRA shares A by design.
  for (const each of modules) {
    if (!isPlain(each.info) || !isTrained(each)) continue;
    const group = groups.get(each.fingerprint);
    if (group) group.push(each);
    else groups.set(each.fingerprint, [each]);
  }
  const copies = [...groups.values()].filter((group) => new Set(group.map(({ info }) => info.b)).size > 1);
  if (copies.length === 0) return [];
  const infos = copies.flat().map(({ info }) => info);
  return [
    {
      code: 'duplicate_module',
      level: 'warning',
      modules: infos.map(({ module }) => module),
      tensors: [],
      value: infos.length,
      heuristic: false,
      what:
        copies.length === 1
          ? sentence('A and B are bit-identical in {0}.', place(infos, lora))
          : sentence('{0} groups of modules have bit-identical A and B: {1}.', copies.length, place(infos, lora)),
      why: sentence('Modules that train apart end apart, so one of them was probably written in place of another.'),
      action: sentence('Check the script that saved or converted the file, unless layers were copied on purpose.'),
    },
  ];
}
