import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { COMMON_KEYS } from '../../../src/peftConfig/commonKeys';
import { CONFIG_CLASS_NAMES } from '../../../src/peftConfig/configClasses';
import { METHOD_KEYS } from '../../../src/peftConfig/methodKeys';
import { assertNone } from './assertNone';
import { roomOf, sourceFiles } from './importGraph';

/** A list with this share of a method's keys repeats the table; a shorter one chooses among the keys. */
const REPEATED_SHARE = 2 / 3;
/** A list of fewer keys is not evidence, because some methods have only three. */
const FEWEST_KEYS = 5;

const ADVICE = 'Leave the default out and read the key with AdapterSettings, or import the table of src/peftConfig:';

/** Every default other than `null` that some method gives a key, as JSON. */
const DEFAULTS = new Map<string, Set<string>>();
for (const keys of [COMMON_KEYS, ...Object.values(METHOD_KEYS)]) {
  for (const [key, value] of Object.entries(keys)) {
    const known = DEFAULTS.get(key) ?? new Set();
    DEFAULTS.set(key, known);
    if (value !== null) known.add(JSON.stringify(value));
  }
}

const CLASS_NAMES = new Set(CONFIG_CLASS_NAMES);

/** The statements of a source about PEFT's configs that only src/peftConfig may make, each with its position. */
function statementsOfPeft(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const constants = constantsOf(source);
  const rules = [givesDefault, replacesMissing, setsDefault, listsKeys, namesClass];
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (rules.some((rule) => rule(node, constants))) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1} ${node.getText().replace(/\s+/g, ' ').slice(0, 80)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

type Constants = ReadonlyMap<string, ts.Expression>;

/** The names that a file gives to literals: `const DEFAULT_RANK = 8`. */
function constantsOf(source: ts.SourceFile): Constants {
  const found = new Map<string, ts.Expression>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      found.set(node.name.text, node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The key of `settings.count('r')`, `config.get('r')` and the like; `null` for any other expression. */
function keyRead(node: ts.Node): string | null {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null;
  const [key] = node.arguments;
  return key && ts.isStringLiteralLike(key) && DEFAULTS.has(key.text) ? key.text : null;
}

/** Recognises `settings.count('r', 8)`: PEFT has a default for the key, so any number here is a second one. */
function givesDefault(node: ts.Node, constants: Constants): boolean {
  const key = keyRead(node);
  if (key === null) return false;
  const { expression, arguments: given } = node as ts.CallExpression;
  const reads = /^(?:count|size|number|flag|word|text)$/.test((expression as ts.PropertyAccessExpression).name.text);
  const second = given[1] && jsonOf(given[1], constants);
  return reads && DEFAULTS.get(key)!.size > 0 && second !== undefined && second !== null;
}

/**
 * Recognises `settings.text('bias') ?? 'none'`. An empty list or object is allowed: any reader may use it for an absent
 * one.
 */
function replacesMissing(node: ts.Node, constants: Constants): boolean {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.QuestionQuestionToken) return false;
  const key = keyRead(node.left);
  const value = jsonOf(node.right, constants) ?? '';
  return key !== null && !/^(?:\[\]|\{\})$/.test(value) && DEFAULTS.get(key)!.has(value);
}

/**
 * Recognises three or more entries such as `lora_alpha: 8, rank_pattern: {}`; fewer may be the settings of an example.
 */
function setsDefault(node: ts.Node, constants: Constants): boolean {
  if (!ts.isObjectLiteralExpression(node)) return false;
  const repeated = node.properties.filter((property) => {
    if (!ts.isPropertyAssignment(property)) return false;
    const known = DEFAULTS.get(property.name.getText().replace(/['"]/g, ''));
    return known?.has(jsonOf(property.initializer, constants) ?? '') ?? false;
  });
  return repeated.length > 2;
}

/** Recognises keys in an array, in an object, or in one text: 'r target_modules exclude_modules'. */
function listsKeys(node: ts.Node): boolean {
  const words = new Set(wordsOf(node));
  if (words.size < FEWEST_KEYS) return false;
  return Object.values(METHOD_KEYS).some((keys) => {
    const own = Object.keys(keys);
    const listed = own.filter((key) => words.has(key)).length;
    return listed >= FEWEST_KEYS && listed >= REPEATED_SHARE * own.length;
  });
}

function wordsOf(node: ts.Node): readonly string[] {
  if (ts.isArrayLiteralExpression(node))
    return node.elements.flatMap((each) => {
      const name = ts.isArrayLiteralExpression(each) ? each.elements[0] : each;
      return name && ts.isStringLiteralLike(name) ? [name.text] : [];
    });
  if (ts.isObjectLiteralExpression(node))
    return node.properties.flatMap(({ name }) => (name ? [name.getText().replace(/['"]/g, '')] : []));
  return ts.isStringLiteralLike(node) ? node.text.split(/\s+/).map((word) => word.replace(/[=:].*/, '')) : [];
}

/** Recognises `configClass('LoraConfig')`. */
function namesClass(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) && CLASS_NAMES.has(node.text);
}

/** The JSON of a literal, or of the literal that a name refers to; `null` for any other expression. */
function jsonOf(node: ts.Expression, constants: Constants): string | null {
  if (ts.isIdentifier(node)) {
    const value = constants.get(node.text);
    return value && !ts.isIdentifier(value) ? jsonOf(value, constants) : null;
  }
  try {
    return JSON.stringify(JSON.parse(node.getText().replaceAll("'", '"')));
  } catch {
    return null;
  }
}

describe('keys and defaults of PEFT configs', () => {
  it('are written only in src/peftConfig', () => {
    const files = [...sourceFiles('src'), ...sourceFiles('webview-ui')];
    const outside = files.filter((file) => roomOf(file) !== 'peftConfig');
    const found = outside.flatMap((file) => statementsOfPeft(file, readFileSync(file, 'utf8')));
    assertNone(found, ADVICE);
  });

  it('are found in every form in which they can be written', () => {
    const text = `
      const USUAL = 16;
      settings.count('r', 8); settings.count('r', USUAL); settings.count('r', undefined, most); settings.raw('r');
      settings.count('num_virtual_tokens', 1); settings.count('num_layers', layers);
      const bias = settings.text('bias') ?? 'none'; const task = settings.text('task_type') ?? '';
      const a = { lora_alpha: 8, rank_pattern: {}, bias: 'none' };
      const b = { lora_alpha: 16, rank_pattern: own, bias: 'all' };
      const c = ['target_modules', 'exclude_modules', 'feedforward_modules', 'fan_in_fan_out', 'modules_to_save'];
      const d = 'target_modules exclude_modules feedforward_modules fan_in_fan_out=False modules_to_save';
      const e = configClass('LoraConfig');`;
    assert.deepEqual(
      statementsOfPeft('a.ts', text).map((found) => found.replace(/^a\.ts:\d+ /, '').slice(0, 40)),
      [
        "settings.count('r', 8)",
        "settings.count('r', USUAL)",
        "settings.text('bias') ?? 'none'",
        '{ lora_alpha: 8, rank_pattern: {}, bias:',
        "['target_modules', 'exclude_modules', 'f",
        "'target_modules exclude_modules feedforw",
        "'LoraConfig'",
      ],
    );
  });
});
