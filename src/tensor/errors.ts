/**
 * What the core throws. Every error says where, what was expected and what it got, in the message and as fields, so
 * that a caller can show it beside the input that is wrong.
 */

/** Base of the core's errors: `LoRALayer.forward: w: expected shape (8, 16), got (16, 8)`. */
export abstract class ExpectationError extends Error {
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${where}: expected ${expected}, got ${got}`);
  }
}

/** A tensor's shape does not fit its data, or does not fit the place it is used in. */
export class ShapeError extends ExpectationError {
  override readonly name = 'ShapeError';
}

/** A number or option is outside what the definition allows: a rank of 0, an alpha of NaN. */
export class ArgumentError extends ExpectationError {
  override readonly name = 'ArgumentError';
}

/** Something was asked for too early: `backward` before `forward`. */
export class StateError extends ExpectationError {
  override readonly name = 'StateError';
}

/** Throws `ArgumentError` unless the value is an integer of at least 1 that a double holds exactly. */
export function checkPositiveInteger(where: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new ArgumentError(where, 'a positive integer', describeValue(value));
}

/** Throws `ArgumentError` unless the value is a number other than NaN and the infinities. */
export function checkFinite(where: string, value: number): void {
  if (Number.isFinite(value)) return;
  throw new ArgumentError(where, 'a finite number', describeValue(value));
}

/** A value as an error message names it: numbers and strings as written in code, anything else by its type. */
export function describeValue(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? (value.constructor?.name ?? 'an object') : `a ${typeof value}`;
}
