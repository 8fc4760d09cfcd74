/** Gathers an adapter's tensors by the module they adapt. */

import type { TensorEntry } from '../header';
import { ITEMS_PER_STEP, mapInSteps } from '../steps';
import type { Steps } from '../steps';
import { readTensorName } from './tensorNames';
import type { TensorName } from './tensorNames';
import type { TensorStyle } from './tensorRoles';

export interface PartTensor {
  readonly name: TensorName;
  readonly entry: TensorEntry;
}

/** The tensors of one adapted module. */
export interface AdapterPart {
  /** Path in the base model, followed by the adapter's name if a file holds several; '' for shared tensors. */
  readonly module: string;
  /** PEFT's name for the method: 'LORA', 'LOHA', ... */
  method: string;
  style: TensorStyle;
  /** Keyed by `TensorName.part`. */
  readonly tensors: Map<string, PartTensor>;
}

export interface AdapterParts {
  readonly parts: readonly AdapterPart[];
  /** Tensors whose names do not belong to an adapter. */
  readonly rest: readonly TensorEntry[];
  /** Tensors whose role in their module is already taken. */
  readonly doubles: readonly TensorEntry[];
}

export function* collectParts(tensors: readonly TensorEntry[]): Steps<AdapterParts> {
  const named = yield* mapInSteps(tensors, (entry) => ({ entry, name: readTensorName(entry.name) }));
  const strongNames = named.flatMap(({ name }) => (name && !name.rule.weak ? [name] : []));
  const adapters = new Set(strongNames.map(({ adapter }) => adapter));
  const several = adapters.size > 1;
  const keyOf = ({ module, adapter }: TensorName): string =>
    several && adapter !== '' && adapter !== 'default' ? `${module} (${adapter})` : module;

  yield;
  const strong = new Set(yield* mapInSteps(strongNames, keyOf));
  const parts = new Map<string, AdapterPart>();
  const rest: TensorEntry[] = [];
  const doubles: TensorEntry[] = [];
  for (const [index, { entry, name }] of named.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield;
    const key = name && keyOf(name);
    if (name === null || key === null || !strong.has(key)) {
      rest.push(entry);
      continue;
    }
    const { rule, style } = name;
    const part = parts.get(key) ?? { module: key, method: rule.method, style, tensors: new Map<string, PartTensor>() };
    parts.set(key, part);
    // An alpha may come before the factors, which determine method and style.
    if (!rule.weak && part.method !== 'ADALORA') Object.assign(part, { method: rule.method, style });
    if (part.tensors.has(name.part)) doubles.push(entry);
    else part.tensors.set(name.part, { name, entry });
  }
  return { parts: [...parts.values()], rest, doubles };
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
