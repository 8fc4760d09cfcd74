/** The calculator's inputs: their initial values, and how they are read back from storage. */

import type { Basis, BudgetInputs } from '../protocol/calculator';
import { CUSTOM_FIELDS, METHOD_FIELDS } from '../protocol/calculator';

/** Settings and model size of the comparison in the reference document. */
export const DEFAULT_INPUTS: BudgetInputs = {
  model: 'preset:llama-2-7b',
  basis: 'exact',
  method: { rank: '8', alpha: '16', bottleneckDim: '64', prefixLength: '10', promptLength: '20' },
  custom: {
    hiddenSize: '4096',
    numLayers: '32',
    numHeads: '32',
    numKeyValueHeads: '32',
    intermediateSize: '11008',
    vocabSize: '32000',
  },
  targets: [],
};

/** The longest text stored for a field: an accidental paste is not kept in full. */
const MAX_TYPED = 64;
/** The longest stored name of a model. The Hub's names have at most 96 characters on each side of the slash. */
const MAX_NAME = 200;
/** Limit on stored architectures, and on stored targets of each: far more than exist. */
const MAX_LIST = 200;

/** Reads stored inputs, possibly of another version. A missing value, or one of the wrong type, becomes the default. */
export function readInputs(stored: unknown): BudgetInputs {
  const inputs = record(stored);
  const standsInFor = inputs['standsInFor'];
  const basis: Basis = inputs['basis'] === 'reference' ? 'reference' : 'exact';
  return {
    model: typeof inputs['model'] === 'string' ? inputs['model'] : DEFAULT_INPUTS.model,
    ...(typeof standsInFor === 'string' && { standsInFor: standsInFor.slice(0, MAX_NAME) }),
    basis,
    method: readFields(METHOD_FIELDS, record(inputs['method']), DEFAULT_INPUTS.method),
    custom: readFields(CUSTOM_FIELDS, record(inputs['custom']), DEFAULT_INPUTS.custom),
    targets: readTargets(inputs['targets']),
  };
}

function readFields<F extends string>(
  fields: readonly F[],
  stored: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<F, string>>,
): Record<F, string> {
  const read: Record<F, string> = { ...defaults };
  for (const field of fields) {
    const value = stored[field];
    if (typeof value === 'string') read[field] = value.slice(0, MAX_TYPED);
  }
  return read;
}

function readTargets(stored: unknown): BudgetInputs['targets'] {
  if (!Array.isArray(stored)) return [];
  const pairs = stored.filter(
    (entry): entry is [string, string[]] =>
      Array.isArray(entry) &&
      typeof entry[0] === 'string' &&
      Array.isArray(entry[1]) &&
      entry[1].every((name) => typeof name === 'string'),
  );
  return pairs.slice(0, MAX_LIST).map(([key, names]) => [key, names.slice(0, MAX_LIST)]);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
