/** JSON in pieces: a report on a large file is longer than the longest string. */

/** Characters of a piece: enough for few writes, and little to hold. */
const PIECE_LENGTH = 1 << 16;
/** A report is an object whose lists may be as long as a file has tensors. Their entries are short. */
const STREAMED_DEPTH = 2;

/** Controls other than the line breaks between values, format characters, lone surrogates, and separators. */
const UNPRINTABLE = /[^\n\P{C}]|[\u2028\u2029]/gu;

/** Printable text, which most entries are: looking at each character for its Unicode class takes far longer. */
const ASCII = /^[\n -~]*$/;

/**
 * The text of `JSON.stringify(value, null, 2)`, in pieces, without a character that a terminal acts on. `JSON.parse`
 * restores the value.
 */
export function* jsonPieces(value: unknown): Generator<string> {
  let piece = '';
  for (const token of tokens(value, '\n', STREAMED_DEPTH)) {
    piece += token;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** `newline` is a line break with the indentation of the value. */
function* tokens(value: unknown, newline: string, depth: number): Generator<string> {
  if (depth === 0 || typeof value !== 'object' || value === null) {
    yield whole(value, newline);
    return;
  }
  const isList = Array.isArray(value);
  const inner = `${newline}  `;
  let separator = inner;
  yield isList ? '[' : '{';
  for (const [key, entry] of isList ? value.entries() : Object.entries(value)) {
    if (!isList && entry === undefined) continue;
    yield isList ? separator : `${separator}${whole(key, '')}: `;
    yield* tokens(entry, inner, depth - 1);
    separator = `,${inner}`;
  }
  if (separator !== inner) yield newline;
  yield isList ? ']' : '}';
}

/** The line breaks of JSON are all between values: those in strings are escaped. */
function whole(value: unknown, newline: string): string {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  const safe = ASCII.test(text) ? text : text.replace(UNPRINTABLE, escapeUnits);
  return safe.replaceAll('\n', newline);
}

/** The UTF-16 units of a character as JSON escapes. */
function escapeUnits(character: string): string {
  const escapes = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i).toString(16));
  return escapes.map((hex) => `\\u${hex.padStart(4, '0')}`).join('');
}
