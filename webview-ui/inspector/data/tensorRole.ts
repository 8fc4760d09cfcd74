/** What a tensor of an adapter is for, and what its dimensions count. */

import type { SourceDescription, TensorInfo } from '../../../src/protocol/source';
import { formatCount } from '../../shared/formatNumber';

interface TensorRole {
  /** Path of the module it belongs to; '' for what all modules share. */
  readonly module: string;
  readonly role: string;
  readonly dims: readonly string[];
}

/** By tensor name; empty for a base model. */
export function tensorRoles({ adapters = [] }: SourceDescription): ReadonlyMap<string, TensorRole> {
  const roles = new Map<string, TensorRole>();
  for (const { module, factors } of adapters)
    for (const { tensor, role, dims } of factors) roles.set(tensor, { module, role, dims });
  return roles;
}

/** A dimension that is always 1 has no name. */
export function namedAxis(word: string | undefined): word is string {
  return word !== undefined && word !== '1';
}

/** 'A (down) of model.layers.0.q_proj: 4 (rank) × 64 (in)'. */
export function roleText({ module, role, dims }: TensorRole, { shape }: TensorInfo): string {
  const sizes = shape.map((size, i) => `${formatCount(size)}${namedAxis(dims[i]) ? ` (${dims[i]})` : ''}`).join(' × ');
  return `${role}${module === '' ? '' : ` of ${module}`}${sizes === '' ? '' : `: ${sizes}`}`;
}
