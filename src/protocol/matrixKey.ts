import type { MatrixRef } from './matrix';

/** Equal references give the same key, whatever the order of their fields; different references never do. */
export function matrixKey(matrix: MatrixRef): string {
  const given = Object.entries(matrix).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}
