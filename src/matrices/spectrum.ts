/**
 * Measures of a matrix from its singular values: its size, and the number of directions that it is spread over.
 *
 * All functions take the values in descending order, as `factoredSingularValues` returns them. NaN among them gives
 * NaN.
 */

/**
 * exp(-Σ p·ln p) with p = σ / Σσ (Roy and Vetterli 2007, "The effective rank: a measure of effective dimensionality"):
 * k equal values give k, a single value gives 1. It is undefined for a zero matrix, for which this returns 0.
 */
export function effectiveRank(singularValues: ArrayLike<number>): number {
  const largest = largestOf(singularValues);
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < singularValues.length; i++) sum += singularValues[i]! / largest;
  let entropy = 0;
  for (let i = 0; i < singularValues.length; i++) {
    const share = singularValues[i]! / largest / sum;
    if (share !== 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

/**
 * ‖M‖²_F / σ₁²: the energy of the matrix in units of its strongest direction. At most the rank; 0 for a zero matrix.
 */
export function stableRank(singularValues: ArrayLike<number>): number {
  const largest = largestOf(singularValues);
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < singularValues.length; i++) sum += (singularValues[i]! / largest) ** 2;
  return sum;
}

/** √Σσ², which equals the root of the sum of all squared entries. */
export function frobeniusNorm(singularValues: ArrayLike<number>): number {
  return largestOf(singularValues) * Math.sqrt(stableRank(singularValues));
}

/**
 * Entry k is the share of ‖M‖²_F in the k + 1 strongest directions, which a truncation to that rank keeps. The last
 * entry is 1. All entries are 0 for a zero matrix.
 */
export function energyCurve(singularValues: ArrayLike<number>): Float64Array {
  const curve = new Float64Array(singularValues.length);
  const largest = largestOf(singularValues);
  if (largest === 0) return curve;
  const total = stableRank(singularValues);
  let sum = 0;
  for (let i = 0; i < curve.length; i++) {
    sum += (singularValues[i]! / largest) ** 2;
    curve[i] = sum / total;
  }
  return curve;
}

/** Dividing by the largest value first keeps squares within the range of a double. */
function largestOf(singularValues: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < singularValues.length; i++) largest = Math.max(largest, singularValues[i]!);
  return largest;
}
