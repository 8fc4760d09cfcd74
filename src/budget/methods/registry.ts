/**
 * Every peft_type that adapts modules. A file of a family exports its methods under their peft_type, so that the export
 * alone adds a method here.
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
  ADAMSS: dataDependent('ADAMSS', 'it clusters the weights, and the clusters decide how many parameters there are'),
  XLORA: {
    ...dataDependent('XLORA', 'it mixes adapters that were trained before, and their layers decide its size'),
    mapping: null,
  },
};

/** `null` for a peft_type that adapts no modules, or that is not known. */
export function methodOf(type: string): Method | null {
  return Object.hasOwn(METHODS, type) ? (METHODS[type] ?? null) : null;
}
