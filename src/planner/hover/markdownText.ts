/** Escapes names from files, so that Markdown shows them and never interprets them. */

/** Longer names are shortened, because a hover has a few lines. */
const MAX_NAME = 80;

/** A name as code. Nothing in it can end the code or the line. */
export function code(name: string): string {
  const shown = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}...` : name;
  const clean = shown.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ').replaceAll('`', "'");
  return clean.trim() === '' ? '(empty)' : `\`${clean}\``;
}

/** Plain text with Markdown's characters escaped. */
export function plain(text: string): string {
  return text
    .slice(0, 4 * MAX_NAME)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, '\\$&');
}
