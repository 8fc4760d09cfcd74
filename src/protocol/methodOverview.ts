/**
 * What the overviews of (IA)³, bottleneck adapters and soft prompts show. All of it comes from the weights alone: from
 * one pass over them, without a forward pass.
 */

interface ModulePlace {
  readonly module: string;
  /** The number of its layer, or `null` outside the numbered layers. */
  readonly layer: number | null;
  /** The module's path within its layer. */
  readonly group: string;
}

/** A vector of (IA)³, which multiplies the input or output of a module. A vector of ones changes nothing. */
export interface VectorMeasures extends ModulePlace {
  readonly tensor: string;
  /** Root mean square of `value - 1`. NaN if the vector holds NaN or infinities, as the other measures then are. */
  readonly deviation: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

export interface BottleneckMeasures extends ModulePlace {
  /** Frobenius norms, without the biases. */
  readonly downNorm: number;
  readonly upNorm: number;
  readonly units: number;
  /** Units that no input reaches, or that reach no output: all weights into them, or out of them, are zero. */
  readonly deadUnits: number;
}

export interface PromptMeasures {
  readonly module: string;
  /** Euclidean norm of each token's vector, (tokens). */
  readonly norms: Float64Array;
}

export interface MethodOverview {
  readonly vectors: readonly VectorMeasures[];
  readonly bottlenecks: readonly BottleneckMeasures[];
  readonly prompts: readonly PromptMeasures[];
  /** Modules that could not be read. */
  readonly failures: readonly { readonly module: string; readonly message: string }[];
}
