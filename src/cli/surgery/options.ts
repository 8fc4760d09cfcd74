/** Numbers and lists among the options of the commands that edit adapters. */

import { UsageError } from '../command';

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
