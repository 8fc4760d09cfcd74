/**
 * Writes adapter_config.json as PEFT does: Python's `json.dumps(config, indent=2, sort_keys=True)`. Keys are sorted by
 * code point at every depth, non-ASCII characters are escaped, floats print as in Python, and no newline ends the file.
 */

import { FLOAT_FIELDS } from '../../peftConfig/floatFields';
import { byCodePoint } from '../codePointOrder';
import { CheckpointError } from '../errors';
import { quoted } from '../../peftConfig/quoted';

export type ConfigValue = null | boolean | number | bigint | string | readonly ConfigValue[] | ConfigObject;
export interface ConfigObject {
  readonly [key: string]: ConfigValue | undefined;
}

/** Python writes floats below 1e-4 and from 1e16 on with an exponent. */
const SMALLEST_PLAIN_EXPONENT = -4;
const LARGEST_PLAIN_EXPONENT = 15;
/** No config is nested deeper. A value that contains itself would never end. */
const MAX_DEPTH = 100;

/** Throws `CheckpointError` Unwritable for numbers that JSON cannot represent and for nesting beyond `MAX_DEPTH`. */
export function adapterConfigJson(config: ConfigObject): string {
  return objectText(config, '', (key, value) =>
    typeof value === 'number' && FLOAT_FIELDS.has(key) ? pythonFloat(value) : null,
  );
}

function valueText(value: ConfigValue, indent: string): string {
  if (indent.length > 2 * MAX_DEPTH) {
    throw new CheckpointError('Unwritable', `adapter_config.json: nested deeper than ${MAX_DEPTH} levels`);
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return asciiText(value);
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Object.is(value, -0) ? BigInt(value).toString() : pythonFloat(value);
  }
  if (!isList(value)) return objectText(value, indent);
  const inner = `${indent}  `;
  if (value.length === 0) return '[]';
  return `[\n${value.map((item) => inner + valueText(item, inner)).join(',\n')}\n${indent}]`;
}

function objectText(
  object: ConfigObject,
  indent: string,
  special: (key: string, value: ConfigValue) => string | null = () => null,
): string {
  const inner = `${indent}  `;
  const fields = Object.entries(object).filter((field): field is [string, ConfigValue] => field[1] !== undefined);
  if (fields.length === 0) return '{}';
  fields.sort(([a], [b]) => byCodePoint(a, b));
  const lines = fields.map(
    ([key, value]) => `${inner}${asciiText(key)}: ${special(key, value) ?? valueText(value, inner)}`,
  );
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function isList(value: readonly ConfigValue[] | ConfigObject): value is readonly ConfigValue[] {
  return Array.isArray(value);
}

function asciiText(value: string): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escape);
}

/** Python's repr: the shortest digits that round-trip, as in JavaScript, with other rules for the exponent. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) {
    throw new CheckpointError('Unwritable', `adapter_config.json: ${quoted(String(value))} is not a JSON number`);
  }
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < SMALLEST_PLAIN_EXPONENT || exponent > LARGEST_PLAIN_EXPONENT)) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`;
}
