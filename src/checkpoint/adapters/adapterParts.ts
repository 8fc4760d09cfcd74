/** Gathers an adapter's tensors by the module they adapt. */

import type { TensorEntry } from '../header';
import { restoredPath } from './kohyaNames';
import { bareLetterPairs, orientLowerCase } from './lowerCasePairs';
import { eachInSteps, filterInSteps, mapInSteps } from '../steps';
import type { Steps } from '../steps';
import { inNumericOrder } from './numericOrder';
import { readTensorName } from './tensorNames';
import type { TensorName } from './tensorNames';
import type { AdapterPart, PartTensor } from './adapterPart';

export interface AdapterParts {
  /** Layer 2 comes before layer 10. Files often store them the other way round. */
  readonly parts: readonly AdapterPart[];
  /** Tensors whose names do not belong to an adapter. */
  readonly rest: readonly TensorEntry[];
  /** Tensors whose role in their module is already taken. */
  readonly doubles: readonly TensorEntry[];
}

export function* collectParts(tensors: readonly TensorEntry[]): Steps<AdapterParts> {
  const named = yield* mapInSteps(tensors, (entry) => ({ entry, name: readTensorName(entry.name) }));
  const strongNames: TensorName[] = [];
  const adapters = new Set<string>();
  yield* eachInSteps(named, ({ name }) => {
    if (!name || name.rule.weak) return;
    strongNames.push(name);
    adapters.add(name.adapter);
  });
  const several = adapters.size > 1;
  const keyOf = ({ module, adapter }: TensorName): string =>
    several && adapter !== '' && adapter !== 'default' ? `${module} (${adapter})` : module;

  const strong = new Set<string>();
  yield* eachInSteps(strongNames, (name) => strong.add(keyOf(name)));
  const parts = new Map<string, AdapterPart>();
  const rest: TensorEntry[] = [];
  const doubles: TensorEntry[] = [];
  yield* eachInSteps(named, ({ entry, name }) => {
    const key = name && keyOf(name);
    if (name === null || key === null || !strong.has(key)) {
      rest.push(entry);
      return;
    }
    const { rule, style } = name;
    const part = parts.get(key) ?? { module: key, method: rule.method, style, tensors: new Map<string, PartTensor>() };
    parts.set(key, part);
    // An alpha may come before the factors, which determine method and style.
    if (!rule.weak && part.method !== 'ADALORA') Object.assign(part, { method: rule.method, style });
    if (part.tensors.has(name.part)) doubles.push(entry);
    else part.tensors.set(name.part, { name, entry });
  });
  yield* eachInSteps(parts.values(), orientLowerCase);
  const bare = yield* bareLetterPairs(rest);
  const paired = new Set<TensorEntry>();
  yield* eachInSteps(bare, ({ tensors: own }) => {
    for (const { entry } of own.values()) paired.add(entry);
  });
  const ordered = yield* inNumericOrder([...parts.values(), ...bare], ({ module }) => restoredPath(module));
  return { parts: ordered, rest: yield* filterInSteps(rest, (entry) => !paired.has(entry)), doubles };
}

/** The single-number tensors that scalings need: the alphas and scales that kohya and LyCORIS store. */
export function scalarTensors({ parts }: AdapterParts): TensorEntry[] {
  return parts.flatMap(({ tensors }) =>
    ['alpha', 'scale'].flatMap((part) => {
      const entry = tensors.get(part)?.entry;
      return entry?.readable && entry.shape.every((size) => size === 1) ? [entry] : [];
    }),
  );
}
