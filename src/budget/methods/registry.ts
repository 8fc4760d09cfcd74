/**
 * The methods that adapt modules, by peft_type. A family's file exports its methods under their peft_type, so an export
 * is all that registers a method.
 */

import { ADALORA, dataDependent, LORA } from './lora';
import * as decomposed from './decomposed';
import * as lily from './lily';
import * as lowRank from './lowRank';
import * as lycoris from './lycoris';
import type { Method } from './method';
import * as orthogonal from './orthogonal';
import * as vectors from './vectors';

export const METHODS: Readonly<Record<string, Method>> = {
  LORA,
  ADALORA,
  ...lycoris,
  ...vectors,
  ...orthogonal,
  ...lowRank,
  ...lily,
  ...decomposed,
  ADAMSS: dataDependent('ADAMSS', 'it clusters the weights, and the clusters determine the number of parameters'),
  XLORA: {
    ...dataDependent('XLORA', 'it mixes previously trained adapters, and their layers determine its size'),
    mapping: null,
  },
};

/** `null` for a peft_type that adapts no modules or is unknown. */
export function methodOf(type: string): Method | null {
  return Object.hasOwn(METHODS, type) ? (METHODS[type] ?? null) : null;
}
