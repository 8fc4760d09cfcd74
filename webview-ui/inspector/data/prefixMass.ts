/** The share of attention that goes to the prefix. */

/**
 * Mean over queries of the probability on the first `prefixLength` columns. `probabilities` is (queries, prefixLength +
 * tokens), row-major, with rows that sum to 1. NaN without queries.
 */
export function prefixMass(probabilities: Float32Array, columns: number, prefixLength: number): number {
  const queries = columns > 0 ? probabilities.length / columns : 0;
  let sum = 0;
  for (let query = 0; query < queries; query++) {
    for (let column = 0; column < prefixLength; column++) sum += probabilities[query * columns + column] ?? 0;
  }
  return queries > 0 ? sum / queries : NaN;
}
