/** Parses a stranger's JSON only if its values fit in a bounded memory. */

import { scanJson } from './jsonScalars';

/** The label maps of a classifier with 21,000 classes take 43,000. A value takes up to about 100 bytes. */
const MAX_VALUES = 200_000;
/** Published configs have five levels. Code that walks a config may be recursive. */
const MAX_DEPTH = 100;

/** `null` for a text that is not JSON, has too many values or is nested too deeply. */
export function parseBounded(text: string): unknown {
  if (!isBounded(scanJson(text, () => undefined, 0))) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function isBounded({ values, depth }: ReturnType<typeof scanJson>): boolean {
  return values <= MAX_VALUES && depth <= MAX_DEPTH;
}
