/** The largest |value| and at least `atLeast`; NaN if any of the values, or `atLeast`, is NaN. */
export function maxMagnitude(values: ArrayLike<number>, atLeast = 0): number {
  let largest = atLeast;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    // The negated comparison accepts a NaN, and the second condition then keeps it.
    if (!(magnitude <= largest) && largest === largest) largest = magnitude;
  }
  return largest;
}
