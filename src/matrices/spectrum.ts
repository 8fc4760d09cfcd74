/**
 * What singular values say about a matrix: how much there is of it, and over how many directions it is spread.
 *
 * All take the values in descending order, as `factoredSingularValues` gives them. NaN among them gives NaN.
 */

/**
 * exp(-Σ p·ln p) with p = σ / Σσ (Roy and Vetterli 2007, "The effective rank: a measure of effective dimensionality"):
 * k equal values give k, one value alone gives 1. A zero matrix has none, and gives 0.
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

/** ‖M‖²_F / σ₁²: how many times the strongest direction the whole is. Never above the rank; 0 for a zero matrix. */
export function stableRank(singularValues: ArrayLike<number>): number {
  const largest = largestOf(singularValues);
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < singularValues.length; i++) sum += (singularValues[i]! / largest) ** 2;
  return sum;
}

/** √Σσ², which is the root of the sum of all squared entries. */
export function frobeniusNorm(singularValues: ArrayLike<number>): number {
  return largestOf(singularValues) * Math.sqrt(stableRank(singularValues));
}

/**
 * Entry k is the share of ‖M‖²_F that the k + 1 strongest directions hold: what a truncation to that rank keeps. The
 * last is 1; all entries are 0 for a zero matrix.
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

/** Dividing by it first keeps squares within the range of a double. */
function largestOf(singularValues: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < singularValues.length; i++) largest = Math.max(largest, singularValues[i]!);
  return largest;
}
