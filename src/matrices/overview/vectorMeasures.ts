/** How far a vector of (IA)³ is from a vector of ones, which changes nothing. */

interface Measures {
  readonly deviation: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

const UNKNOWN: Measures = { deviation: NaN, mean: NaN, min: NaN, max: NaN };

/** All are NaN if a value is NaN or infinite, or if there is none. */
export function vectorMeasures(values: Float64Array): Measures {
  let [sum, squares, min, max] = [0, 0, Infinity, -Infinity];
  for (const value of values) {
    sum += value;
    squares += (value - 1) ** 2;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (values.length === 0 || !Number.isFinite(squares)) return UNKNOWN;
  return { deviation: Math.sqrt(squares / values.length), mean: sum / values.length, min, max };
}
