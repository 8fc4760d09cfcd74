/** The weights that a quantised checkpoint stands for, and their number. `packedWeights` finds them. */

export interface NamedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface PackedWeight {
  /** The stored tensor. */
  readonly tensor: string;
  /** The name of the weight that it stands for. */
  readonly name: string;
  readonly format: string;
  /** The shape of the weight; `null` if only the number of entries follows from the header. */
  readonly shape: readonly number[] | null;
  readonly parameters: number;
}

export interface PackedWeights {
  /** The keys are the names of the stored tensors. */
  readonly weights: ReadonlyMap<string, PackedWeight>;
  /** Tensors that describe the packing and hold no weights. */
  readonly companions: ReadonlySet<string>;
}

/** The parameters that the tensors stand for. */
export function logicalParameters(tensors: readonly NamedTensor[], { weights, companions }: PackedWeights): number {
  return tensors.reduce((sum, { name, shape }) => {
    if (companions.has(name)) return sum;
    return sum + (weights.get(name)?.parameters ?? shape.reduce((product, size) => product * size, 1));
  }, 0);
}
