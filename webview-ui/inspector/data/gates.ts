/** Finds the units of a bottleneck that the ReLU closed, from the values before it. */

export interface Gates {
  readonly tokens: number;
  readonly units: number;
  /** (tokens, units): 1 if the value before the ReLU is at most 0, so that nothing passes. */
  readonly closed: Uint8Array;
  readonly closedCount: number;
  /** Units closed for every token. */
  readonly alwaysClosed: readonly number[];
}

/** `preActivation` is (tokens, units), row-major. */
export function gatesOf(preActivation: Float32Array, tokens: number, units: number): Gates {
  const closed = Uint8Array.from(preActivation, (value) => (value <= 0 ? 1 : 0));
  const perUnit = new Uint32Array(units);
  closed.forEach((shut, i) => (perUnit[i % units] = (perUnit[i % units] ?? 0) + shut));
  return {
    tokens,
    units,
    closed,
    closedCount: perUnit.reduce((sum, count) => sum + count, 0),
    alwaysClosed: [...perUnit.keys()].filter((unit) => tokens > 0 && perUnit[unit] === tokens),
  };
}
