/** Limit on the characters of a name in a message: names are untrusted and may be as long as the header. */
const SHOWN_NAME_LENGTH = 200;

/** A name from a file in quotes, shortened, with control and bidirectional characters escaped. */
export function quoted(name: string): string {
  const shown = name.length > SHOWN_NAME_LENGTH ? `${name.slice(0, SHOWN_NAME_LENGTH)}…` : name;
  const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
  const escape = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;
  return `'${shown.replace(unprintable, escape)}'`;
}
