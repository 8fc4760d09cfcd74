/**
 * Finds the scalars of a JSON text without building its values: a text of 4 MB can describe over a million of them. The
 * text may come from a stranger, so the time is linear, the memory constant, and nothing is recursive.
 *
 * It does not validate. The parser may still refuse a text that passes here.
 */

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** No caller asks for a longer key. */
const MAX_KEY = 128;

/** A string, number, boolean or null, as the range of its literal. */
interface JsonScalar {
  /** 1 for a value of the text's outermost object, 2 for a value one level below. */
  readonly depth: number;
  /** The key in the outermost object that the value belongs to; '' for a key that is too long or has escapes. */
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

interface JsonSize {
  /** Upper bound of the number of values, containers included. */
  readonly values: number;
  readonly depth: number;
}

/** Calls `visit` for each scalar up to `maxDepth`. Returns the size of the whole text. */
export function scanJson(text: string, visit: (scalar: JsonScalar) => void, maxDepth: number): JsonSize {
  let depth = 0;
  let deepest = 0;
  let values = 1;
  let key = '';
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === OPEN_LIST || code === OPEN_OBJECT) {
      deepest = Math.max(deepest, ++depth);
      values++;
      at++;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      depth--;
      at++;
    } else if (code === QUOTE) {
      const to = stringEnd(text, at);
      const next = skipSpace(text, to);
      if (text.charCodeAt(next) === COLON) {
        if (depth === 1) key = plainKey(text, at, to);
      } else if (depth <= maxDepth) visit({ depth, key, from: at, to });
      at = next;
    } else if (code <= 32 || code === COLON || code === COMMA) {
      if (code === COMMA) values++;
      at++;
    } else {
      const to = literalEnd(text, at);
      if (depth <= maxDepth) visit({ depth, key, from: at, to });
      at = to;
    }
  }
  return { values, depth: deepest };
}

/** The index after the closing quote, or the end of the text. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let escapes = 0;
    while (quote - 1 - escapes > open && text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

/** Reads at least one character, so that any text comes to an end. */
function literalEnd(text: string, from: number): number {
  let at = from + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 32 || code === COMMA || code === COLON || code === QUOTE) break;
    if (code === OPEN_LIST || code === CLOSE_LIST || code === OPEN_OBJECT || code === CLOSE_OBJECT) break;
  }
  return at;
}

function plainKey(text: string, from: number, to: number): string {
  const key = to - from - 2 > MAX_KEY ? '' : text.slice(from + 1, to - 1);
  return key.includes('\\') ? '' : key;
}
