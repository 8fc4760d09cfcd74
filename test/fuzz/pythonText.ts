/** Makes Python programs that set up adapters, from a grammar, and damages them by tokens, lines and bytes. */

import { CONFIG_CLASS_NAMES, configClass } from '../../src/peftConfig/configClasses';
import type { Random } from '../../src/tensor/random';
import { chance, several, unicodeText } from './jsonText';
import { below, mutateBytes, NAMES, pick } from './mutate';
import { patternText } from './patternText';

const VARIABLES = 'm c r x args config model kwargs self cfg LoraConfig peft é ｌora __class__ _'.split(' ');
const PREFIXES = ['', '', '', 'r', 'b', 'f', 'rb', 'Rb', 'u', 'fr', 'bR', 'ur'];
const QUOTES = ['"', "'", '"""', "'''"];
const ESCAPES =
  '\\n \\x41 \\x4 \\101 \\777 \\u0041 \\u00 \\U0001F600 \\U00110000 \\N{BULLET} \\N{ \\q \\\\ \\ud800 \\\n';
const NUMBERS = '8 0 -1 1_6 0x10 0b1000 0o17 1e3 1.5 .5 5. 1e999 1j 9007199254740993 00 08 1__0 0x ' + '9'.repeat(400);
const OPERATORS = '+ - * / // % ** @ << >> & | ^ and or in is not == < := , . = ** * : ->'.split(' ');
const FRAGMENTS = (
  '( ) [ ] { } , : = . * ** \\ # """ \' " f"{ :# @ lambda yield await async def class return if else for while with try ' +
  'except finally match case import from as global nonlocal del assert raise pass None True ... ; := -> % ! ? $ ` ' +
  'LoraConfig( get_peft_model( peft. from_pretrained('
).split(' ');
const SPACES = ['\t', '\n', '\r\n', '\r', '\f', '\v', '\u00a0', '\ufeff', '\u2028', ' \\\n', '  ', '\0'];
const MODELS = ['EleutherAI/gpt-neo-125M', 'meta-llama/Llama-2-7b-hf', 'unsloth/llama-3-8b-bnb-4bit', '../../x'];
const DEPTHS = [10, 100, 600, 5000, 50_000];

/** Any expression. Calls in it nest `depth` levels. */
function expression(random: Random, depth = 3): string {
  if (depth <= 0 || chance(random, 0.4)) return atom(random);
  const inner = (): string => expression(random, depth - 1);
  const make = pick(random, [
    () => `[${several(random, 5, inner).join(', ')}]`,
    () => `(${several(random, 3, inner).join(', ')})`,
    () => `{${several(random, 4, () => `${inner()}: ${inner()}`).join(', ')}}`,
    () => `{${several(random, 3, inner).join(', ')}}`,
    () => `${inner()} ${pick(random, OPERATORS)} ${inner()}`,
    () => `${inner()} if ${inner()} else ${inner()}`,
    () => `${name(random)}(${several(random, 3, inner).join(', ')})`,
    () => `${inner()}[${inner()}${chance(random, 0.3) ? `:${inner()}` : ''}]`,
    () => `[${inner()} for ${name(random)} in ${inner()}${chance(random, 0.3) ? ` if ${inner()}` : ''}]`,
    () => `lambda ${name(random)}: ${inner()}`,
    () => `dict(${name(random)}=${inner()}, **${inner()})`,
    () => `[*${inner()}, *${inner()}] * ${pick(random, ['2', '10', '100000', '10**9'])}`,
    () => `{**${inner()}, ${text(random)}: ${inner()}}`,
    () => `f"{${inner()}!r:>{${inner()}}}"`,
    () => configCall(random, depth - 1),
  ]);
  return make();
}

function atom(random: Random): string {
  const kind = random();
  if (kind < 0.3) return pick(random, NUMBERS.split(' '));
  if (kind < 0.6) return text(random);
  if (kind < 0.8) return name(random);
  return pick(random, ['None', 'True', 'False', 'TaskType.CAUSAL_LM', 'os.environ["R"]', '"all-linear"', '["q_proj"]']);
}

function text(random: Random): string {
  const inside = pick(random, [
    () => pick(random, MODELS),
    () => patternText(random, 1),
    () => unicodeText(random),
    () => pick(random, NAMES),
    () => several(random, 4, () => pick(random, ESCAPES.split(' '))).join('a'),
  ])();
  const quote = pick(random, QUOTES);
  return pick(random, PREFIXES) + quote + inside + (chance(random, 0.97) ? quote : '');
}

function name(random: Random): string {
  const parts = [pick(random, VARIABLES), ...several(random, 1, () => pick(random, VARIABLES))];
  return parts.join('.');
}

function configCall(random: Random, depth: number): string {
  const className = pick(random, CONFIG_CLASS_NAMES);
  const fields = [...configClass(className)!.fields.keys()];
  const argument = (): string => {
    const kind = random();
    if (kind < 0.1) return expression(random, depth);
    if (kind < 0.15) return `${pick(random, ['*', '**'])}${expression(random, depth)}`;
    const key = kind < 0.25 ? pick(random, ['rank', 'é', '__proto__', 'constructor', 'r', 'r']) : pick(random, fields);
    return `${key}=${expression(random, depth)}`;
  };
  const parts = several(random, 6, argument).join(pick(random, [', ', ',\n    ', ', # (\n', ' ']));
  return `${pick(random, ['', 'peft.', 'peft.tuners.', 'x.'])}${className}(${parts})`;
}

type Statement = (random: Random, indent: string) => string;

const STATEMENTS: readonly Statement[] = [
  (random) => `${name(random)} = ${configCall(random, 3)}`,
  (random) => `${name(random)} = ${configCall(random, 2)}`,
  (random) => `${name(random)} = ${expression(random)}`,
  (random) => `${name(random)}: int = ${expression(random)}`,
  (random) => `${name(random)} ${pick(random, ['+=', '*=', '|=', '//='])} ${expression(random)}`,
  (random) => `${name(random)}, (${name(random)}, *${name(random)}) = ${expression(random)}`,
  (random) => `m = AutoModelForCausalLM.from_pretrained(${expression(random, 1)})`,
  (random) => `m, t = FastLanguageModel.from_pretrained(${text(random)}, max_seq_length=${expression(random, 1)})`,
  (random) => `${name(random)} = get_peft_model(${expression(random, 2)}, ${expression(random, 3)})`,
  (random) =>
    `m = FastLanguageModel.get_peft_model(m, r=${expression(random, 1)}, target_modules=${expression(random)})`,
  (random) => `SFTTrainer(model=${name(random)}, peft_config=${configCall(random, 2)})`,
  (random) => `setattr(${name(random)}, ${text(random)}, ${expression(random, 2)})`,
  (random) => `del ${name(random)}`,
  (random) => `from peft import ${pick(random, ['*', 'LoraConfig as L', '(LoraConfig,', 'get_peft_model as c'])}`,
  (random) => `import peft as ${pick(random, VARIABLES)}, ${pick(random, VARIABLES)}`,
  (random, indent) => `if ${expression(random, 2)}:${block(random, indent)}`,
  (random, indent) => `for ${name(random)} in ${expression(random, 2)}:${block(random, indent)}`,
  (random, indent) => `def ${pick(random, VARIABLES)}(r=${expression(random, 1)}, *a, **k):${block(random, indent)}`,
  (random, indent) => `class ${pick(random, VARIABLES)}(${name(random)}):${block(random, indent)}`,
  (random, indent) => `with ${expression(random, 2)} as ${name(random)}:${block(random, indent)}`,
  (random, indent) => `try:${block(random, indent)}\n${indent}except ${name(random)} as e:${block(random, indent)}`,
  (random, indent) =>
    `match ${expression(random, 1)}:\n${indent}  case ${expression(random, 1)}:${block(random, indent)}`,
  (random) => `@${expression(random, 1)}`,
  (random) => `global ${pick(random, VARIABLES)}`,
  (random) => `# ${unicodeText(random)}`,
  (random) => `%${pick(random, ['%bash', 'pip install peft', '%time', ''])}\n!ls {x}\n?LoraConfig`,
];

function block(random: Random, indent: string): string {
  if (indent.length > 8) return ' pass';
  const deeper = indent + pick(random, ['    ', '  ', '\t', ' \t', '']);
  const lines = [0, ...several(random, 2, (index) => index)].map(() => deeper + statement(random, deeper));
  return `\n${lines.join('\n')}`;
}

function statement(random: Random, indent: string): string {
  return pick(random, STATEMENTS)(random, indent);
}

export function programText(random: Random): string {
  const lines = several(random, 12, () => statement(random, ''));
  return `from peft import LoraConfig, get_peft_model\n${lines.join(pick(random, ['\n', '\n', '\r\n', '; ']))}\n`;
}

/** Damages a program: tokens, indentation, brackets without end, or bytes. */
export function damagedProgram(random: Random, program: string): string {
  let result = program;
  for (let left = 1 + below(random, 4); left > 0; left--) result = pick(random, DAMAGES)(random, result);
  return result;
}

type Damage = (random: Random, program: string) => string;

const DAMAGES: readonly Damage[] = [
  (random, program) => changeToken(random, program, () => ''),
  (random, program) => changeToken(random, program, (token) => token + token),
  (random, program) => changeToken(random, program, (token) => token + pick(random, FRAGMENTS)),
  (random, program) => changeToken(random, program, () => expression(random)),
  (random, program) => changeToken(random, program, (token) => pick(random, SPACES) + token),
  (random, program) => program.replace(/^[ \t]+/gm, (spaces) => (chance(random, 0.3) ? pick(random, SPACES) : spaces)),
  (random, program) =>
    changeToken(
      random,
      program,
      (token) => pick(random, ['(', '[', '{', 'f(', '-', 'f"{', '(x, ']).repeat(pick(random, DEPTHS)) + token,
    ),
  (random, program) => program.slice(0, below(random, program.length + 1)),
  (random, program) => new TextDecoder().decode(mutateBytes(random, new TextEncoder().encode(program))),
];

function changeToken(random: Random, program: string, change: (token: string) => string): string {
  const tokens = [...program.matchAll(/\w+|\s+|[^\w\s]/gu)];
  if (tokens.length === 0) return change('');
  const { index, 0: token } = pick(random, tokens);
  return program.slice(0, index) + change(token) + program.slice(index + token.length);
}
