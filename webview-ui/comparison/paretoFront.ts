import type { PlanPoint } from '../../src/protocol/plan';

/** The Pareto front: no other point trains more parameters with the same memory or less. */
export function paretoFront(points: readonly PlanPoint[]): PlanPoint[] {
  const sorted = [...points].sort((a, b) => a.bytes - b.bytes || b.trainable - a.trainable);
  const front: PlanPoint[] = [];
  for (const point of sorted) {
    // A point with more memory is only on the front if it trains more parameters.
    if (front.length === 0 || point.trainable > front.at(-1)!.trainable) front.push(point);
  }
  return front;
}
