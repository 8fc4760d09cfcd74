/** Reads JSON as Python's `json` module does: `NaN`, `Infinity` and `-Infinity` are numbers outside strings. */

/** A string, or one of Python's constants. A constant before a colon is a key, which Python refuses too. */
const STRINGS_AND_CONSTANTS = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|$)|-?Infinity\b|\bNaN\b(?!\s*:)/g;
/** The constants of Python that `JSON.parse` refuses. */
const CONSTANT = /NaN|Infinity/;
/** A number beyond the range of a double, which `JSON.parse` reads as infinite. The spaces keep it a token of its own. */
const BEYOND_DOUBLE = ' 1e999 ';

/**
 * transformers writes infinite limits into config.json (`time_step_limit` of Mamba 2), and Python reads them. Throws the
 * `SyntaxError` of `JSON.parse` for any other text that is not JSON.
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!CONSTANT.test(text)) throw error;
    return parseWithConstants(text, error);
  }
}

function parseWithConstants(json: string, first: unknown): unknown {
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
    // The first error names a place in the text as it is stored.
    throw first;
  }
}
