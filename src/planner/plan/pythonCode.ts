/** Writes an adapter's config as Python: a call of PEFT's config class, ready to paste. */

import { shownValue } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';
import { UnknownMethodError } from '../../budget/errors';
import { CONFIG_CLASS_NAMES, configClass } from '../../peftConfig/configClasses';
import { COMMON_KEYS } from '../../peftConfig/commonKeys';

/** Keys that the constructor sets, or that only record where a saved adapter came from. */
const NOT_ARGUMENTS = new Set(Object.keys(COMMON_KEYS).filter((key) => key !== 'task_type'));
const MAX_WIDTH = 88;

/**
 * The import and the call, with arguments in the constructor's order and without those that have PEFT's default. Throws
 * `UnknownMethodError` for a peft_type without a class, and `ConfigError` for a value without a Python literal.
 */
export function pythonCode(config: Readonly<Record<string, unknown>>): string {
  const peftType = config['peft_type'];
  const name = CONFIG_CLASS_NAMES.find((each) => configClass(each)!.peftType === peftType);
  if (name === undefined) throw new UnknownMethodError(`${shownValue(peftType)} has no known config class.`);
  const { fields } = configClass(name)!;
  const written: string[] = [];
  for (const [field, initial] of fields) {
    if (NOT_ARGUMENTS.has(field) || !Object.hasOwn(config, field)) continue;
    const literal = pythonLiteral(config[field], field);
    if (literal !== initial.replaceAll("'", '"')) written.push(`${field}=${literal}`);
  }
  const oneLine = `config = ${name}(${written.join(', ')})`;
  const call =
    oneLine.length <= MAX_WIDTH ? oneLine : `config = ${name}(\n${written.map((line) => `    ${line},\n`).join('')})`;
  return `from peft import ${name}, get_peft_model\n\n${call}\nmodel = get_peft_model(model, config)\n`;
}

function pythonLiteral(value: unknown, where: string): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map((each) => pythonLiteral(each, where)).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, each]) => `${pythonString(key)}: ${pythonLiteral(each, where)}`)
      .join(', ')}}`;
  }
  throw new ConfigError(where, value, 'a value that JSON can hold');
}

/** JSON's escapes are valid in Python. JSON leaves some characters unescaped that a source file should not hold. */
function pythonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (character) => {
    const code = character.codePointAt(0)!;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
