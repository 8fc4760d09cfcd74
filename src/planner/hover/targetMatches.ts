/** What an adapter's target entries match: in the weights beside it, and in its base model. */

import type { ModuleTable } from '../../budget/moduleTable';
import { isLinear, matchesTarget } from '../../budget/targets';
import type { AdapterWeights } from '../../protocol/planner';
import { nearest, suffixesOf } from '../checks/suggestions';

interface TargetMatches {
  /** Modules that have weights of the adapter, and the tensors they are; null without weights. */
  readonly weights: { readonly modules: number; readonly tensors: number } | null;
  /** Modules of the base model; null without one. */
  readonly base: number | null;
  /** The end of a module's name that is nearest to an entry that matches nothing; null where none is near. */
  readonly meant: string | null;
}

/** A tensor's own name after its module's: 'lora_A.weight', 'lora_A.default.weight', 'ia3_l'. */
const MAX_TENSOR_SEGMENTS = 3;

/** By PEFT's rule for lists: the entry is the module's name, or its end from a dot on. */
export function matchTarget(entry: string, weights: AdapterWeights | null, base: ModuleTable | null): TargetMatches {
  const inWeights = weights && matchInWeights(entry, weights);
  const inBase = base && base.modules.filter(({ name }) => matchesTarget(name, entry)).length;
  const found = (inWeights?.tensors ?? 0) > 0 || (inBase ?? 0) > 0;
  return { weights: inWeights, base: inBase, meant: found ? null : nearestName(entry, weights, base) };
}

function matchInWeights(entry: string, { lora, tensors }: AdapterWeights): { modules: number; tensors: number } {
  const modules = new Set<string>();
  let count = 0;
  for (const { name } of tensors) {
    const module = adaptedModule(name, entry);
    if (module === null) continue;
    modules.add(module);
    count++;
  }
  // Where factors were paired, the pairs are the modules; else one name is one module.
  const paired = lora.filter(({ module }) => matchesTarget(module, entry)).length;
  return { modules: paired > 0 ? paired : modules.size, tensors: count };
}

/** The module of a tensor that the entry names, or null: what follows the entry must be a tensor's own name. */
function adaptedModule(tensor: string, entry: string): string | null {
  const end = `.${tensor}`.lastIndexOf(`.${entry}.`);
  if (end < 0) return null;
  const module = tensor.slice(0, end + entry.length);
  const rest = tensor.slice(module.length + 1).split('.');
  return rest.length <= MAX_TENSOR_SEGMENTS ? module : null;
}

function nearestName(entry: string, weights: AdapterWeights | null, base: ModuleTable | null): string | null {
  const names = [
    ...(base?.modules.filter(isLinear) ?? []).map(({ name }) => name),
    ...(weights?.lora ?? []).map(({ module }) => module),
  ];
  return nearest(entry, suffixesOf(names))[0] ?? null;
}
