/** Computes what an adapter's target entries match in its weights and in its base model. */

import type { ModuleTable } from '../../budget/moduleTable';
import { isLinear, matchesTarget } from '../../budget/targets';
import type { AdapterWeights } from '../../protocol/planner';
import { nearest, suffixesOf } from '../checks/suggestions';

interface TargetMatches {
  /** How many modules and tensors of the weights match; `null` without weights. */
  readonly weights: { readonly modules: number; readonly tensors: number } | null;
  /** How many modules of the base model match; `null` without one. */
  readonly base: number | null;
  /** The suffix nearest to an entry that matches nothing; `null` if no suffix is near. */
  readonly meant: string | null;
}

/** A tensor's own name after its module's: 'lora_A.weight', 'lora_A.default.weight', 'ia3_l'. */
const MAX_TENSOR_SEGMENTS = 3;

/** Applies PEFT's rule for lists: the entry is the module's name, or a suffix that follows a dot. */
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
  // Paired factors count as one module; otherwise each name is a module.
  const paired = lora.filter(({ module }) => matchesTarget(module, entry)).length;
  return { modules: paired > 0 ? paired : modules.size, tensors: count };
}

/** The module of a tensor that the entry names; `null` if the rest is not a tensor's own name. */
function adaptedModule(tensor: string, entry: string): string | null {
  const end = `.${tensor}`.lastIndexOf(`.${entry}.`);
  if (end < 0) return null;
  const module = tensor.slice(0, end + entry.length);
  const rest = tensor.slice(module.length + 1).split('.');
  return rest.length <= MAX_TENSOR_SEGMENTS ? module : null;
}

function nearestName(entry: string, weights: AdapterWeights | null, base: ModuleTable | null): string | null {
  const names = (): string[] => [
    ...(base?.modules.filter(isLinear) ?? []).map(({ name }) => name),
    ...(weights?.lora ?? []).map(({ module }) => module),
  ];
  return nearest('linear and adapted', entry, () => suffixesOf(names()))[0] ?? null;
}
