/** JSON from files: the only place that parses it, because a stranger may nest it without end. */

/**
 * Maximum nesting of lists and objects. Configs nest three or four levels. Every walk over a parsed value may be
 * recursive, since this bounds it.
 */
export const MAX_JSON_DEPTH = 128;

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** The value of a text, which may begin with a byte order mark. Throws `JsonError` if it is not JSON or too deep. */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new JsonError(`it nests deeper than ${MAX_JSON_DEPTH} levels`);
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw new JsonError((error as Error).message);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Whether the brackets outside of strings nest deeper than `MAX_JSON_DEPTH`. The text may be incomplete. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
  }
  return false;
}
