import type { MatrixRef } from './matrix';

/** Two refs to the same values give the same key, however the objects were put together; refs that differ never do. */
export function matrixKey(matrix: MatrixRef): string {
  const given = Object.entries(matrix).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}
