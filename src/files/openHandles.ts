/** Counts the open handles of local files, so that a file that is being read is not overwritten. */

import type { BigIntStats } from 'node:fs';

type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

/** Number of open handles per file, by device and inode. */
const handles = new Map<string, number>();
const keyOf = ({ dev, ino }: Identity): string => `${dev}:${ino}`;

export function noteOpened(file: Identity): void {
  const key = keyOf(file);
  handles.set(key, (handles.get(key) ?? 0) + 1);
}

export function noteClosed(file: Identity): void {
  const key = keyOf(file);
  const others = (handles.get(key) ?? 1) - 1;
  if (others > 0) handles.set(key, others);
  else handles.delete(key);
}

export function isOpened(file: Identity): boolean {
  return handles.has(keyOf(file));
}
