/** Reads the numbers among the options of a command. */

import { UsageError } from '../command';

/** @throws UsageError unless the text is a finite number of at least 0. */
export function readNumber(name: string, text: string | undefined, usual: number): number {
  const value = text === undefined ? usual : Number(text);
  if (Number.isFinite(value) && value >= 0 && text?.trim() !== '') return value;
  throw new UsageError(`--${name}: expected a number of at least 0, got '${text}'`);
}

/** @throws UsageError unless the text is a whole number of at least 1. */
export function wholeNumber(name: string, text: string | undefined, usual: number): number {
  const value = readNumber(name, text, usual);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`--${name}: expected a whole number of at least 1, got '${text}'`);
}

/** 0 if it is not given. @throws UsageError unless the text is a number in [0, 1). */
export function fraction(name: string, text: string | undefined): number {
  const value = readNumber(name, text, 0);
  if (value < 1) return value;
  throw new UsageError(`--${name}: expected a number from 0 to below 1, got '${text}'`);
}
