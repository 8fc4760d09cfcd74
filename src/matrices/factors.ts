/** Both factors of a LoRA module in float64, which holds the values of every stored dtype without loss. */
export interface Factors {
  readonly rank: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly scaling: number;
  /** (rank, inFeatures), row-major. */
  readonly a: Float64Array;
  /** (outFeatures, rank), row-major. */
  readonly b: Float64Array;
}
