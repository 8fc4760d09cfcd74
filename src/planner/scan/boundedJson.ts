/** Parses a stranger's JSON only if its values fit in a bounded memory. */

import { JsonError, MAX_JSON_DEPTH, parseJson } from '../../peftConfig/parseJson';
import { scanJson } from './jsonScalars';

/** The label maps of a classifier with 21,000 classes take 43,000. A value takes up to about 100 bytes. */
const MAX_VALUES = 200_000;

/** `null` for a text that is not JSON, has too many values or is nested too deeply. */
export function parseBounded(text: string): unknown {
  if (!isBounded(scanJson(text, () => undefined, 0))) return null;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

/** Whether a text of this size can be parsed. */
export function isBounded({ values, depth }: ReturnType<typeof scanJson>): boolean {
  return values <= MAX_VALUES && depth <= MAX_JSON_DEPTH;
}
