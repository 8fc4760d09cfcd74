/** What a LoRA module changes, beside the weight of the base model that it changes. */

/** The measures that need the base's weights. Angles are in degrees. */
export type BaseMetric = 'weightShare' | 'outAngle' | 'inAngle';

/** One value per LoRA module, in the order of `SourceDescription.lora`; NaN if it cannot be computed. */
export interface BaseComparison {
  /** The file of the base's weights that was read. */
  readonly path: string;
  /** Frobenius norm of W. */
  readonly weightNorm: Float64Array;
  /**
   * The angle between the leading left singular vectors of the change and of W, in the space of outputs: the arc cosine
   * of the root mean square of the cosines between the two subspaces. NaN for a change of zero.
   */
  readonly outAngle: Float64Array;
  /** The same for the right singular vectors, in the space of inputs. */
  readonly inAngle: Float64Array;
  /** Angles that random subspaces of the same sizes have. */
  readonly outChance: Float64Array;
  readonly inChance: Float64Array;
  /** Why a module has no measures, or no angles. */
  readonly failures: readonly { readonly module: number; readonly message: string }[];
}

/** Requests about an open source. */
export interface BaseRequests {
  /**
   * Reads the weights of the base once, and reports progress by module. `base` is the path of a weights file, of an
   * index, or of a config.json with the weights beside it. Rejects with `CheckpointError` NotFound without weights.
   */
  'lora/base'(params: { readonly base: string }): BaseComparison;
}
