/** Makes regular expressions of Python from a grammar, and names of modules that they are matched with. */

import type { Random } from '../../src/tensor/random';
import { chance, several, unicodeText } from './jsonText';
import { below, NAMES, pick } from './mutate';

const SEGMENTS = (
  'model base_model transformer layers h blocks encoder decoder 0 1 7 31 self_attn attn mlp q_proj k_proj v_proj ' +
  'o_proj gate_proj up_proj down_proj c_attn c_fc c_proj query value dense lm_head embed_tokens experts'
).split(' ');

/** Patterns of published configs. */
const PUBLISHED = [
  '.*\\.(q_proj|v_proj)',
  '^(?!.*patch_embed).*(?:k_proj|v_proj|q_proj|out_proj|fc1|fc2).*$',
  '(?:.*?(?:language|text).*?(?:self_attn|mlp).*?(?:q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj).*?).*?',
  '(?:model\\.layers\\.(?P<layer>\\d+)\\..*)',
  'model\\.layers\\.(?:[0-9]|1[0-5])\\.(?:self_attn|mlp)\\.\\w+_proj',
  '.*decoder.*(SelfAttention|EncDecAttention).*(q|v)$',
  'all-linear',
];
const ATOMS =
  '. \\. \\d \\w \\s \\D \\W \\b \\B \\A \\Z ^ $ [0-9] [^.] [a-z_]+ []a] [^]] [a-\\d] [z-a] [[:alpha:]] [ \\x41 \\101 ' +
  '\\u0041 \\U0001F600 \\N{DIGIT_ONE} \\1 \\9 \\g<1> \\Q \\p{L} \\ .* .*? .+';
const GROUPS =
  '( (?: (?P<n> (?<n> (?P<1> (?i: (?s-i: (?aiLmsux) (?i) (?L: (?= (?! (?<= (?<! (?> (?P=n) (?# (?(1) (?(n) (? (?P'.split(
    ' ',
  );
const QUANTIFIERS = '* + ? *? +? ?? *+ ++ {2} {1,3} {,3} {3,} {5,2} {0} {90,99} {1,99}? {1000} {99999999} {2}{3} ** {';
/** Each takes long on many names if an engine backtracks, or many instructions. `x` is a smaller pattern. */
const COSTLY: readonly ((x: string) => string)[] = [
  (x) => `((${x})*)*b`,
  (x) => `(.*.*.*)*${x}`,
  (x) => `((.*.*.*)*){90,99}${x}`,
  (x) => `(?=(.*)*${x})(?!(.+)+$).*`,
  (x) => `(?:(?:${x}){1,99}){1,99}`,
  (x) => `(${x}|${x})*$`,
  (x) => `${`${x}|`.repeat(300)}z`,
  (x) => `${'('.repeat(300)}${x}${')'.repeat(300)}`,
  (x) => `(?<=${x})`.repeat(100),
  (x) => `[${x.replace(/[\]\\]/g, '')}${'a-z'.repeat(500)}]*`,
  (x) => `.*${x}.*`.repeat(50),
];

/** Any pattern: valid or not, for Python alone, or costly. */
export function patternText(random: Random, depth = 3): string {
  const kind = random();
  if (kind < 0.12) return pick(random, PUBLISHED);
  if (kind < 0.2 && depth > 0) return pick(random, COSTLY)(patternText(random, depth - 2));
  if (kind < 0.3) return moduleName(random);
  if (kind < 0.34) return unicodeText(random);
  if (kind < 0.36) return pick(random, NAMES);
  const text = several(random, 5, () => term(random, depth)).join('');
  return chance(random, 0.1) ? damaged(random, text) : text;
}

function term(random: Random, depth: number): string {
  const kind = random();
  const group = kind < 0.35 && depth > 0;
  const inner = (): string => patternText(random, depth - 1);
  const atom = group
    ? `${pick(random, GROUPS)}${chance(random, 0.3) ? `${inner()}|${inner()}` : inner()}${chance(random, 0.95) ? ')' : ''}`
    : kind < 0.7
      ? pick(random, SEGMENTS)
      : pick(random, ATOMS.split(' '));
  return chance(random, 0.35) ? atom + pick(random, QUANTIFIERS.split(' ')) : atom;
}

/** Deletes, repeats or replaces a few characters. */
function damaged(random: Random, text: string): string {
  const at = below(random, text.length + 1);
  const part = text.slice(at, at + below(random, 6));
  return text.slice(0, at) + pick(random, ['', part + part, '\\', '(', ')', '[', '|', '*', '\n']) + text.slice(at + 2);
}

/** Usually a name as models have it, sometimes one that no model has. */
export function moduleName(random: Random): string {
  const kind = random();
  if (kind < 0.06) return pick(random, NAMES);
  if (kind < 0.1) return unicodeText(random);
  if (kind < 0.13) return `${pick(random, SEGMENTS)}.`.repeat(pick(random, [10, 400, 1000])) + pick(random, SEGMENTS);
  const prefix = chance(random, 0.5) ? `model.layers.${below(random, 40)}.` : '';
  return prefix + several(random, 3, () => pick(random, SEGMENTS)).join('.');
}

/** A pattern of the part of the syntax in which Python and JavaScript agree, over the letters of `plainName`. */
export function plainPattern(random: Random, depth = 3): string {
  const unit = (): string => {
    const kind = random();
    const inner = (): string => plainPattern(random, depth - 1);
    const atom =
      kind < 0.35 && depth > 0
        ? `(${pick(random, ['', '?:'])}${inner()}${chance(random, 0.4) ? `|${inner()}` : ''})`
        : pick(random, ['a', 'b', 'c', '.', '[ab]', '[^a]', '[a-c]', '\\.', '\\w']);
    return atom + pick(random, ['', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '+?']);
  };
  return several(random, 4, unit).join('');
}

/** Short, because JavaScript's engine backtracks. */
export function plainName(random: Random): string {
  return several(random, 8, () => pick(random, ['a', 'b', 'c', '.'])).join('');
}
