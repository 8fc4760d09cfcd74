/** Numbers and lists among the options of the commands that edit adapters. */

import { UsageError } from '../command';

/** No factor is wider than the largest published vocabulary. */
export const MAX_RANK = 2 ** 18;

/** Numbers separated by commas, `undefined` if the option is missing. @throws UsageError */
export function numberList(name: string, text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((part) => finiteNumber(name, part));
}

/** @throws UsageError unless the text is a finite number, which may be negative */
export function finiteNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && text.trim() !== '') return value;
  throw new UsageError(`--${name}: expected a number, got '${text}'`);
}

/**
 * Joins a list that begins with a minus to its option: `--weights -1,2` becomes `--weights=-1,2`. `parseArgs` would take
 * the list for another option.
 */
export function withNegativeLists(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (joined.at(-1) === '--weights' && /^-[\d.]/.test(arg)) joined[joined.length - 1] = `--weights=${arg}`;
    else joined.push(arg);
  }
  return joined;
}
