/**
 * Errors of the core. Each one states where it occurred, what was expected and what was received, in the message and as
 * fields, so that a caller can show it next to the wrong input.
 */

/** Base class: `LoRALayer.forward: w: expected shape (8, 16), got (16, 8)`. */
export abstract class ExpectationError extends Error {
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${where}: expected ${expected}, got ${got}`);
  }
}

/** A tensor's shape does not fit its data or its use. */
export class ShapeError extends ExpectationError {
  override readonly name = 'ShapeError';
}

/** A number or option is outside its domain: a rank of 0, an alpha of NaN. */
export class ArgumentError extends ExpectationError {
  override readonly name = 'ArgumentError';
}

/** A method was called too early: `backward` before `forward`. */
export class StateError extends ExpectationError {
  override readonly name = 'StateError';
}

/** @throws ArgumentError unless the value is an integer of at least 1 that a double holds exactly. */
export function checkPositiveInteger(where: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new ArgumentError(where, 'a positive integer', describeValue(value));
}

/** @throws ArgumentError unless the value is a finite number. */
export function checkFinite(where: string, value: number): void {
  if (Number.isFinite(value)) return;
  throw new ArgumentError(where, 'a finite number', describeValue(value));
}

/** Describes a value for an error message: numbers and strings as in code, other values by their type. */
export function describeValue(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? (value.constructor?.name ?? 'an object') : `a ${typeof value}`;
}
