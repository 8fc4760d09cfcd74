import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { COMMON_KEYS, METHOD_KEYS } from '../../../src/peftConfig/methodKeys';
import { assertNone } from './assertNone';
import { roomOf, sourceFiles } from './importGraph';

const PEFT_KEYS = new Set([COMMON_KEYS, ...Object.values(METHOD_KEYS)].flatMap((keys) => Object.keys(keys)));
/** Configs of models have these too. */
const MODEL_KEYS = new Set(['num_attention_heads', 'num_layers', 'hidden_size', 'encoder_hidden_size']);
/** A key without an underscore ('r', 'bias', 'config') is a word like any other, and tells nothing by itself. */
const TELLING_KEYS = new Set([...PEFT_KEYS].filter((key) => key.includes('_') && !MODEL_KEYS.has(key)));
/** Readers of a config's values, which take a key and what stands for it where it is missing. */
const READERS = new Set(['count', 'size', 'number', 'flag', 'word']);

/**
 * Places that wrote keys with their defaults, or tables of keys, before the rule was made. The list only shrinks: a file
 * that is cleaned lowers its number, and no file is added.
 */
const KNOWN: Readonly<Record<string, number>> = {
  'src/budget/adapterCount.ts': 10,
  'src/budget/adapterPlan.ts': 3,
  'src/budget/memory/trainedModel.ts': 1,
  'src/budget/methods/lora.ts': 9,
  'src/budget/shadow.ts': 3,
  'src/checkpoint/adapters/loraAdapter.ts': 32,
  'src/checkpoint/adapters/metadataConfig.ts': 5,
  'src/planner/checks/scaleChecks.ts': 1,
  'src/planner/hover/adapterConfigHoverText.ts': 13,
  'src/planner/hover/adapterFacts.ts': 1,
  'src/planner/listLimits.ts': 13,
  'src/planner/plan/planFields.ts': 6,
  'src/planner/python/pythonFacts.ts': 11,
  'src/python/unsloth.ts': 3,
};

/** What a source says of PEFT's configs that only src/peftConfig may say; the line and the text of each. */
function statementsOfPeft(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const add = (node: ts.Node): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${file}:${line + 1} ${node.getText().replace(/\s+/g, ' ').slice(0, 80)}`);
  };
  const visit = (node: ts.Node): void => {
    if (givesDefault(node) || setsValue(node) || listsKey(node)) add(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `settings.count('r', 8)`. */
function givesDefault(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const [key, value] = node.arguments;
  if (!READERS.has(node.expression.name.text) || !key || !ts.isStringLiteralLike(key)) return false;
  return PEFT_KEYS.has(key.text) && value !== undefined && isLiteral(value);
}

/** `lora_alpha: 8`. */
function setsValue(node: ts.Node): boolean {
  return (
    ts.isPropertyAssignment(node) &&
    TELLING_KEYS.has(node.name.getText().replace(/['"]/g, '')) &&
    isLiteral(node.initializer)
  );
}

/** `['rank_pattern', ...]`, and keys in one text: 'target_modules exclude_modules'. */
function listsKey(node: ts.Node): boolean {
  if (!ts.isStringLiteralLike(node)) return false;
  if (ts.isArrayLiteralExpression(node.parent)) return TELLING_KEYS.has(node.text);
  return node.text.split(/[ \n]+/).filter((word) => TELLING_KEYS.has(word.replace(/=.*/, ''))).length > 2;
}

function isLiteral(node: ts.Expression): boolean {
  if (ts.isPrefixUnaryExpression(node)) return isLiteral(node.operand);
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isLiteral);
  if (ts.isObjectLiteralExpression(node)) return node.properties.length === 0;
  const words = [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword];
  return ts.isStringLiteralLike(node) || ts.isNumericLiteral(node) || words.includes(node.kind);
}

describe('keys and defaults of PEFT configs', () => {
  const files = [...sourceFiles('src'), ...sourceFiles('webview-ui')].filter((file) => roomOf(file) !== 'peftConfig');
  const byFile = new Map(files.map((file) => [file, statementsOfPeft(file, readFileSync(file, 'utf8'))]));

  it('are written in src/peftConfig alone', () => {
    const more = [...byFile].filter(([file, found]) => found.length > (KNOWN[file] ?? 0)).flatMap(([, found]) => found);
    assertNone(more, 'Put the key, its default or the list into src/peftConfig and import it from there:');
  });

  it('are no longer excused where they are gone', () => {
    const stale = Object.entries(KNOWN).filter(([file, allowed]) => (byFile.get(file)?.length ?? 0) < allowed);
    const lines = stale.map(([file]) => `'${file}': ${byFile.get(file)?.length ?? 0},`);
    assertNone(lines, 'Lower the number in KNOWN, or take the file out where it is 0:');
  });

  it('are noticed in each form they are written in', () => {
    const text = `
      settings.count('r', 8); settings.raw('lora_alpha'); settings.count('hidden_size', width);
      const a = { lora_alpha: 16, rank_pattern: {}, num_layers: 3, use_dora: asked };
      const b = ['rank_pattern', 'alpha_pattern', 'q_proj'];
      const c = 'target_modules exclude_modules modules_to_save';`;
    assert.deepEqual(
      statementsOfPeft('a.ts', text).map((found) => found.replace(/^a\.ts:\d /, '')),
      [
        "settings.count('r', 8)",
        'lora_alpha: 16',
        'rank_pattern: {}',
        "'rank_pattern'",
        "'alpha_pattern'",
        "'target_modules exclude_modules modules_to_save'",
      ],
    );
  });
});
