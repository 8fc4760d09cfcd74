/** The modules and tensors that a finding leads to. */

import type { WeightsFinding } from '../../../src/protocol/findings';
import type { SourceDescription } from '../../../src/protocol/source';
import type { InspectorState } from './state';

export interface FindingPlace {
  readonly name: string;
  /** The part of the state that shows it. */
  readonly state: Partial<InspectorState>;
}

/** Returns `most` places or fewer. Modules without a view of their own lead to one of their tensors. */
export function findingPlaces(
  { modules, tensors }: WeightsFinding<string>,
  { lora, adapters = [], tensors: stored }: SourceDescription,
  most: number,
): FindingPlace[] {
  const products = new Set(lora.map(({ module }) => module));
  const tensorPlace = (name: string): FindingPlace => ({ name, state: { tab: 'tensors', tensor: name, slice: [] } });
  const places: FindingPlace[] = [];
  for (const module of modules) {
    if (places.length === most) return places;
    if (products.has(module)) places.push({ name: module, state: { tab: 'lora', module } });
    else {
      const tensor = adapters.find((each) => each.module === module)?.factors[0]?.tensor;
      if (tensor !== undefined) places.push({ ...tensorPlace(tensor), name: module });
    }
  }
  if (places.length > 0) return places;
  const names = new Set(stored.map(({ name }) => name));
  return tensors
    .slice(0, most)
    .filter((name) => names.has(name))
    .map(tensorPlace);
}
