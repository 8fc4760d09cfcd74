/** Makes text from strangers safe to show: no character is invisible or reverses the text beside it. No DOM. */

/**
 * Control characters, format characters (bidirectional overrides, zero widths) and lone surrogates. Line breaks and
 * tabs are laid out as usual.
 */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Escapes characters: 'rtl.\u{202e}gnp' for a name that a right-to-left override would show as 'rtl.png'. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Shows an empty name as '(empty name)'. */
export function visibleName(name: string): string {
  return name === '' ? '(empty name)' : visibleText(name);
}
