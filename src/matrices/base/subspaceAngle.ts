/** The angle between two subspaces of the same space, and the one that chance would give. */

/**
 * Degrees: the arc cosine of the root mean square of the cosines of the principal angles. `u` is (size, k) and `v` is
 * (size, l), row-major with orthonormal columns. 0 if one subspace lies in the other, 90 if they are orthogonal.
 */
export function subspaceAngle(u: Float64Array, k: number, v: Float64Array, l: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < k; i++)
    for (let j = 0; j < l; j++) {
      let product = 0;
      for (let row = 0; row < size; row++) product += u[row * k + i]! * v[row * l + j]!;
      sum += product * product;
    }
  return degrees(Math.sqrt(sum / Math.min(k, l)));
}

/** Degrees for random subspaces of k and l dimensions: the mean of a squared cosine is max(k, l) / size. */
export function chanceAngle(k: number, l: number, size: number): number {
  return degrees(Math.sqrt(Math.max(k, l) / size));
}

function degrees(cosine: number): number {
  return (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
}
