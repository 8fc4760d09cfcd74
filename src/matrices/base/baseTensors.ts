/** Finds the weight of the base model that each module of an adapter changes. */

import type { LoraModuleInfo, TensorInfo } from '../../checkpoint/sourceDescription';

export interface BaseWeight {
  readonly tensor: TensorInfo;
  /** Stored as (in, out), as in the Conv1D layers of GPT-2. */
  readonly transposed: boolean;
}

/** Why a module has no weight, or the weight. */
type FoundWeight = BaseWeight | { readonly why: string };

type Module = Pick<LoraModuleInfo, 'module' | 'path' | 'inFeatures' | 'outFeatures'>;

/**
 * The weights of the modules, in their order. Names agree in full, or one has segments in front that the other lacks:
 * 'transformer.h.0.attn.c_attn' is 'h.0.attn.c_attn' in the file of GPT-2. A square weight is stored as the other
 * weights of the same adapter are.
 */
export function baseWeights(modules: readonly Module[], tensors: readonly TensorInfo[]): FoundWeight[] {
  const names = new Names(tensors);
  const found = modules.map((module) => oriented(module, names.of(module.path ?? module.module)));
  const known = found.filter((weight) => 'tensor' in weight && weight.transposed !== null);
  const turned = known.length > 0 && known.every((weight) => 'tensor' in weight && weight.transposed === true);
  return found.map((weight) => ('why' in weight ? weight : { ...weight, transposed: weight.transposed ?? turned }));
}

interface Oriented {
  readonly tensor: TensorInfo;
  /** `null` for a square weight. */
  readonly transposed: boolean | null;
}

function oriented({ inFeatures, outFeatures }: Module, tensor: TensorInfo | string): Oriented | { why: string } {
  if (typeof tensor === 'string') return { why: tensor };
  if (tensor.packed) return { why: 'the base is quantised, and its packed weights are not decoded' };
  if (!tensor.readable || tensor.undecoded !== undefined)
    return { why: `the weight cannot be read: ${tensor.undecoded ?? 'its data is damaged'}` };
  const [rows, columns] = [tensor.shape[0] ?? 1, tensor.shape.slice(1).reduce((product, size) => product * size, 1)];
  const straight = rows === outFeatures && columns === inFeatures;
  const turned = tensor.shape.length === 2 && rows === inFeatures && columns === outFeatures;
  if (straight || turned) return { tensor, transposed: straight && turned ? null : turned };
  return { why: `the base's weight is (${tensor.shape.join(', ')}), and the change (${outFeatures}, ${inFeatures})` };
}

class Names {
  private readonly whole: ReadonlyMap<string, TensorInfo>;
  /** The key is the last two segments of the module, so that few names are compared. */
  private readonly byEnd = new Map<string, TensorInfo[]>();

  constructor(tensors: readonly TensorInfo[]) {
    const weights = tensors.filter(({ name }) => name.endsWith('.weight') || name.endsWith('.qweight'));
    this.whole = new Map(weights.map((tensor) => [moduleOf(tensor.name), tensor]));
    for (const [name, tensor] of this.whole) {
      const end = endOf(name);
      const same = this.byEnd.get(end);
      if (same) same.push(tensor);
      else this.byEnd.set(end, [tensor]);
    }
  }

  /** The tensor, or why there is none. */
  of(module: string): TensorInfo | string {
    const exact = this.whole.get(module);
    if (exact) return exact;
    const similar = (this.byEnd.get(endOf(module)) ?? []).filter(({ name }) => {
      const other = moduleOf(name);
      return other.endsWith(`.${module}`) || module.endsWith(`.${other}`);
    });
    const [only, ...others] = similar;
    if (!only) return 'the base has no weight of this name';
    return others.length > 0 ? `the base has ${similar.length} weights of this name` : only;
  }
}

function moduleOf(tensor: string): string {
  return tensor.replace(/\.q?weight$/, '');
}

function endOf(module: string): string {
  return module.split('.').slice(-2).join('.');
}
