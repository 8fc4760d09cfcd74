/** Python's numbers and their arithmetic, as far as a double computes them exactly. */

/** A whole number that a double represents exactly, or a float. */
export interface PythonNumber {
  readonly kind: 'int' | 'float';
  readonly value: number;
}

const DECIMAL = /^(?:0(?:_?0)*|[1-9](?:_?\d)*)$/;
const BASED = /^0(?:[xX](?:_?[\da-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)$/;
const FLOAT = /^(?:\d(?:_?\d)*)?(?:\.(?:\d(?:_?\d)*)?)?(?:[eE][+-]?\d(?:_?\d)*)?$/;

/** Literals are short; a double cannot represent a longer one exactly. */
const MAX_DIGITS = 100;

/** `null` if it is not a valid Python number, is imaginary, or does not fit a double. */
export function numberValue(literal: string): PythonNumber | null {
  if (literal.length > MAX_DIGITS) return null;
  const digits = literal.replaceAll('_', '');
  if (DECIMAL.test(literal) || BASED.test(literal)) return int(Number(digits));
  return FLOAT.test(literal) && /[.eE]/.test(literal) && literal !== '.' ? float(Number(digits)) : null;
}

/** `null` if Python raises or if a double cannot hold the exact result. */
export function unary(operator: string, { kind, value }: PythonNumber): PythonNumber | null {
  const make = kind === 'int' ? int : float;
  if (operator === '-') return make(-value);
  if (operator === '+') return make(value);
  return operator === '~' && kind === 'int' ? int(-value - 1) : null;
}

/** `null` if Python raises or if a double cannot hold the exact result. */
export function binary(operator: string, a: PythonNumber, b: PythonNumber): PythonNumber | null {
  const make = a.kind === 'int' && b.kind === 'int' ? int : float;
  switch (operator) {
    case '+':
      return make(a.value + b.value);
    case '-':
      return make(a.value - b.value);
    case '*':
      return make(a.value * b.value);
    case '/':
      return b.value === 0 ? null : float(a.value / b.value);
    case '//':
      return b.value === 0 ? null : make(floorDivide(a.value, b.value));
    case '%':
      return b.value === 0 ? null : make(modulo(a.value, b.value));
    case '**':
      return power(a, b);
  }
  if (make === float) return null;
  return bitwise(operator, a.value, b.value);
}

function int(value: number): PythonNumber | null {
  // Whole numbers have no negative zero.
  return Number.isSafeInteger(value) ? { kind: 'int', value: value + 0 } : null;
}

function float(value: number): PythonNumber | null {
  return Number.isFinite(value) ? { kind: 'float', value } : null;
}

/** The result has the sign of the divisor, even if it is zero. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

function floorDivide(a: number, b: number): number {
  const quotient = (a - modulo(a, b)) / b;
  if (quotient === 0) return a < 0 !== b < 0 ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function power(a: PythonNumber, b: PythonNumber): PythonNumber | null {
  // Powers of floats differ in the last place between C libraries. Products of whole numbers are exact or refused.
  if (a.kind === 'float' || b.kind === 'float' || b.value < 0) return null;
  const sign = a.value < 0 && b.value % 2 === 1 ? -1 : 1;
  if (Math.abs(a.value) <= 1) return int(b.value === 0 ? 1 : sign * Math.abs(a.value));
  let product = 1;
  for (let factors = 0; factors < b.value && Number.isSafeInteger(product); factors++) product *= a.value;
  return int(product);
}

/** A longer shift leaves the range of a double. */
const MAX_SHIFT = 64;

function bitwise(operator: string, a: number, b: number): PythonNumber | null {
  const [left, right] = [BigInt(a), BigInt(b)];
  switch (operator) {
    case '<<':
      return b < 0 || b > MAX_SHIFT ? null : int(Number(left << right));
    case '>>':
      return b < 0 ? null : int(Number(left >> right));
    case '&':
      return int(Number(left & right));
    case '|':
      return int(Number(left | right));
    case '^':
      return int(Number(left ^ right));
    default:
      return null;
  }
}
