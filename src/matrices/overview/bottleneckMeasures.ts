/** Norms of a bottleneck's projections, and the units that pass nothing on. */

interface Measures {
  readonly downNorm: number;
  readonly upNorm: number;
  readonly units: number;
  readonly deadUnits: number;
}

/**
 * `down` is (units, width) and `up` is (width, units), both row-major as AdapterHub stores them. A unit without inputs
 * still adds a constant if it has a bias: `downBias` is (units), if there is one.
 */
export function bottleneckMeasures(
  down: Float64Array,
  up: Float64Array,
  units: number,
  downBias: Float64Array | null,
): Measures {
  const width = down.length / units;
  let deadUnits = 0;
  for (let unit = 0; unit < units; unit++) {
    const isUnreached = (downBias?.[unit] ?? 0) === 0 && isZeroRun(down, unit * width, 1, width);
    if (isUnreached || isZeroRun(up, unit, units, width)) deadUnits++;
  }
  return { downNorm: norm(down), upNorm: norm(up), units, deadUnits };
}

function isZeroRun(values: Float64Array, first: number, stride: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (values[first + i * stride] !== 0) return false;
  return true;
}

function norm(values: Float64Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}
