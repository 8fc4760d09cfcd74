/** JSON from files: the only place that parses it, because a stranger may nest it without end. */

/**
 * Maximum nesting of lists and objects. Configs nest three or four levels. Every walk over a parsed value may be
 * recursive, since this bounds it.
 */
export const MAX_JSON_DEPTH = 128;

/** A string, or one of Python's constants. A constant before a colon is a key, which Python refuses too. */
const STRINGS_AND_CONSTANTS = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|$)|-?Infinity\b|\bNaN\b(?!\s*:)/g;
/** The constants of Python that `JSON.parse` refuses. */
const CONSTANT = /NaN|Infinity/;
/** A number beyond the range of a double, which `JSON.parse` reads as infinite. The spaces keep it a token of its own. */
const BEYOND_DOUBLE = ' 1e999 ';

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/**
 * The value of a text, as Python's `json` reads it: `NaN`, `Infinity` and `-Infinity` are numbers outside strings.
 * transformers writes infinite limits into config.json (`time_step_limit` of Mamba 2). The text may begin with a byte order mark.
 * Throws `JsonError` if it is not JSON or too deep.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new JsonError(`it nests deeper than ${MAX_JSON_DEPTH} levels`);
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return JSON.parse(json);
  } catch (error) {
    if (CONSTANT.test(json)) return parseWithConstants(json, error as Error);
    throw new JsonError((error as Error).message);
  }
}

/** `first` is the error of the text as it is stored, and names a place in it. */
function parseWithConstants(json: string, first: Error): unknown {
  let mark = 'NaN';
  while (json.includes(mark)) mark += '*';
  const standard = json.replace(STRINGS_AND_CONSTANTS, (token) => {
    if (token.startsWith('"')) return token;
    if (token === 'NaN') return ` "${mark}" `;
    return token === 'Infinity' ? BEYOND_DOUBLE : ' -1e999 ';
  });
  try {
    return JSON.parse(standard, (_, value: unknown) => (value === mark ? NaN : value));
  } catch {
    throw new JsonError(first.message);
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
