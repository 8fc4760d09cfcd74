/** Text from strangers as it may be shown: nothing in it is unseen or turns what stands beside it around. No DOM. */

/** Control, format (bidirectional overrides, zero widths) and lone surrogates; line breaks and tabs are laid out as they are. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** 'rtl.\u{202e}gnp' for a name that a right-to-left override would have read 'rtl.png'. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A name may be empty, and is then said to be. */
export function visibleName(name: string): string {
  return name === '' ? '(empty name)' : visibleText(name);
}
