/**
 * The value of a Python string literal.
 *
 * Source: the language reference, "String and Bytes literals".
 */

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A backslash with what it escapes: a line end, digits, or one character. */
const ESCAPE = /\\(?:(\n)|([0-7]{1,3})|x([\s\S]{0,2})|u([\s\S]{0,4})|U([\s\S]{0,8})|([\s\S])|$)/g;

/**
 * The text of one literal, which is given with its prefix and quotes. `null` for bytes, unclosed literals, named
 * characters (`\N{BULLET}`) and literals that Python refuses. The caller must refuse replacement fields.
 */
export function stringValue(literal: string): string | null {
  const parts = /^([A-Za-z]{0,2})('''|"""|'|")/.exec(literal);
  if (!parts) return null;
  const prefix = (parts[1] ?? '').toLowerCase();
  const quote = parts[2] ?? '';
  const start = prefix.length + quote.length;
  if (literal.length < start + quote.length || !literal.endsWith(quote)) return null;
  if (!['', 'r', 'u', 'f', 'rf', 'fr'].includes(prefix)) return null;
  // Python treats every line end of a program as \n.
  const body = literal.slice(start, -quote.length).replace(/\r\n?/g, '\n');
  const text = prefix.includes('f') ? body.replace(/\{\{/g, '{').replace(/\}\}/g, '}') : body;
  return prefix.includes('r') ? text : unescape(text);
}

function unescape(body: string): string | null {
  if (!body.includes('\\')) return body;
  let valid = true;
  const code = (digits: string | undefined, length: number): string => {
    const point = digits?.length === length && /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : -1;
    valid &&= point >= 0 && point <= 0x10ffff;
    return valid ? String.fromCodePoint(point) : '';
  };
  const plain = body.replace(ESCAPE, (whole, line, octal, x, u, U, other) => {
    if (line !== undefined) return '';
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (x !== undefined) return code(x, 2);
    if (u !== undefined) return code(u, 4);
    if (U !== undefined) return code(U, 8);
    valid &&= other !== 'N' && other !== undefined;
    // An unknown escape keeps its backslash.
    return (Object.hasOwn(ESCAPES, other ?? '') ? ESCAPES[other] : undefined) ?? whole;
  });
  return valid ? plain : null;
}
