/** The purpose of an adapter's tensor, and the meaning of its dimensions. */

import type { SourceDescription, TensorInfo } from '../../../src/protocol/source';
import { formatCount } from '../../shared/formatNumber';

interface TensorRole {
  /** Path of its module; '' if all modules share the tensor. */
  readonly module: string;
  readonly role: string;
  readonly dims: readonly string[];
}

/** Roles by tensor name; empty for a base model. */
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

/** The role as text: 'A (down) of model.layers.0.q_proj: 4 (rank) × 64 (in)'. */
export function roleText({ module, role, dims }: TensorRole, { shape }: TensorInfo): string {
  const sizes = shape.map((size, i) => `${formatCount(size)}${namedAxis(dims[i]) ? ` (${dims[i]})` : ''}`).join(' × ');
  return `${role}${module === '' ? '' : ` of ${module}`}${sizes === '' ? '' : `: ${sizes}`}`;
}
