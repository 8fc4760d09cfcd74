/** Parses the syntax of Python's regular expressions; `pythonPattern.ts` runs the result. */

import { PatternError } from './errors';

export type Node =
  | { readonly kind: 'char'; readonly test: (code: number) => boolean }
  | { readonly kind: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'group'; readonly body: Node; readonly name: string | null }
  | { readonly kind: 'look'; readonly body: Node; readonly negative: boolean; readonly behind: boolean }
  | {
      readonly kind: 'repeat';
      readonly body: Node;
      readonly min: number;
      readonly max: number | null;
      readonly lazy: boolean;
    };

/** Patterns that list every module of a large model by name stay below this. */
const MAX_PATTERN = 1 << 17;
/** The parser recurses into groups. */
const MAX_DEPTH = 100;
/** Beyond this a counted repetition could not match a name anyway. */
const MAX_REPEAT = 1_000;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean =>
  isDigit(code) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  code === 95 ||
  isLetterBeyondAscii(code);
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
const isLetterBeyondAscii = (code: number): boolean => code > 127 && /[\p{L}\p{N}]/u.test(String.fromCharCode(code));

type Test = (code: number) => boolean;

const CLASSES: Readonly<Record<string, Test>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
  D: (code) => !isDigit(code),
  W: (code) => !isWord(code),
  S: (code) => !isSpace(code),
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7 };

const ASSERTIONS: Readonly<Record<string, (text: string, at: number) => boolean>> = {
  A: (_, at) => at === 0,
  Z: (text, at) => at === text.length,
  b: (text, at) => atWordEdge(text, at),
  B: (text, at) => !atWordEdge(text, at),
};

function atWordEdge(text: string, at: number): boolean {
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return before !== after;
}

/** Throws `PatternError` for what Python would refuse and for what is not understood here. */
export function parsePattern(source: string): Node {
  if (source.length > MAX_PATTERN) throw new PatternError(source, `it is longer than ${MAX_PATTERN} characters`);
  return new Parser(source).parse();
}

class Parser {
  private at = 0;
  private depth = 0;
  private ignoreCase = false;
  private dotMatchesNewline = false;

  constructor(private readonly source: string) {}

  parse(): Node {
    const flags = /^\(\?([aisu]+)\)/.exec(this.source);
    if (flags) {
      this.ignoreCase = flags[1]?.includes('i') ?? false;
      this.dotMatchesNewline = flags[1]?.includes('s') ?? false;
      this.at = flags[0].length;
    }
    const node = this.choice();
    if (this.at < this.source.length) this.fail('unbalanced parenthesis');
    return node;
  }

  private choice(): Node {
    const options = [this.sequence()];
    while (this.take('|')) options.push(this.sequence());
    return options.length === 1 ? (options[0] as Node) : { kind: 'choice', options };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.peek())) parts.push(this.quantified());
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'sequence', parts };
  }

  private quantified(): Node {
    let node = this.atom();
    for (let count = 0; ; count++) {
      const range = this.range();
      if (!range) return node;
      if (count > 0 || node.kind === 'assert') this.fail('multiple repeat');
      const lazy = this.take('?');
      if (this.peek() === '+') this.fail('possessive quantifiers are not evaluated');
      node = { kind: 'repeat', body: node, ...range, lazy };
    }
  }

  private range(): { min: number; max: number | null } | null {
    if (this.take('*')) return { min: 0, max: null };
    if (this.take('+')) return { min: 1, max: null };
    if (this.take('?')) return { min: 0, max: 1 };
    const counted = /^\{(\d*)(,?)(\d*)\}/.exec(this.source.slice(this.at, this.at + 16));
    if (!counted || (counted[1] === '' && counted[2] === '')) return null;
    this.at += counted[0].length;
    const min = Number(counted[1] || 0);
    const max = counted[2] === '' ? min : counted[3] === '' ? null : Number(counted[3]);
    if (max !== null && min > max) this.fail('min repeat greater than max repeat');
    if (Math.max(min, max ?? 0) > MAX_REPEAT) this.fail(`repeats more than ${MAX_REPEAT} times are not evaluated`);
    return { min, max };
  }

  private atom(): Node {
    const char = this.next();
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return this.set();
      case '.':
        return { kind: 'char', test: this.dotMatchesNewline ? () => true : (code) => code !== 10 };
      case '^':
        return { kind: 'assert', holds: (_, at) => at === 0 };
      case '$':
        return {
          kind: 'assert',
          holds: (text, at) => at === text.length || (at === text.length - 1 && text.endsWith('\n')),
        };
      case '\\':
        return this.escaped();
      case '*':
      case '+':
      case '?':
        return this.fail('nothing to repeat');
      default:
        return this.literal(char.charCodeAt(0));
    }
  }

  private group(): Node {
    if (++this.depth > MAX_DEPTH) this.fail(`groups nested deeper than ${MAX_DEPTH} are not evaluated`);
    let name: string | null = null;
    let look: { negative: boolean; behind: boolean } | null = null;
    if (this.take('?')) {
      const opening = /^(:|=|!|<=|<!|P<[A-Za-z_]\w*>)/.exec(this.source.slice(this.at, this.at + 64))?.[0];
      if (opening === undefined) return this.fail('this kind of group is not evaluated');
      this.at += opening.length;
      if (opening.startsWith('P')) name = opening.slice(2, -1);
      else if (opening !== ':') look = { negative: opening.endsWith('!'), behind: opening.startsWith('<') };
    }
    const body = this.choice();
    if (!this.take(')')) this.fail('missing ), unterminated subpattern');
    this.depth--;
    return look ? { kind: 'look', body, ...look } : { kind: 'group', body, name };
  }

  private escaped(): Node {
    const char = this.next();
    const test = Object.hasOwn(CLASSES, char) ? CLASSES[char] : undefined;
    if (test) return { kind: 'char', test };
    const holds = Object.hasOwn(ASSERTIONS, char) ? ASSERTIONS[char] : undefined;
    if (holds) return { kind: 'assert', holds };
    return this.literal(this.escapedCode(char));
  }

  private escapedCode(char: string): number {
    if (Object.hasOwn(CONTROLS, char)) return CONTROLS[char] as number;
    if (char === 'x' || char === 'u') {
      const digits = this.source.slice(this.at, this.at + (char === 'x' ? 2 : 4));
      if (!/^([\da-fA-F]{2}|[\da-fA-F]{4})$/.test(digits)) this.fail('incomplete escape');
      this.at += digits.length;
      return parseInt(digits, 16);
    }
    if (char === '0') return 0;
    if (isDigit(char.charCodeAt(0))) this.fail('back-references are not evaluated');
    if (/[A-Za-z]/.test(char)) this.fail(`bad escape \\${char}`);
    return char.charCodeAt(0);
  }

  private set(): Node {
    const negated = this.take('^');
    const tests: Test[] = [];
    for (let first = true; first || this.peek() !== ']'; first = false) {
      const low = this.setMember();
      if (typeof low !== 'number') tests.push(low);
      else if (this.peek() === '-' && this.source[this.at + 1] !== ']') {
        this.at++;
        const high = this.setMember();
        if (typeof high !== 'number' || high < low) return this.fail('bad character range');
        tests.push(this.folded((code) => code >= low && code <= high));
      } else tests.push(this.folded((code) => code === low));
    }
    this.at++;
    return { kind: 'char', test: (code) => tests.some((test) => test(code)) !== negated };
  }

  private setMember(): number | Test {
    const char = this.next();
    if (char !== '\\') return char.charCodeAt(0);
    const escaped = this.next();
    if (escaped === 'b') return 8;
    return (Object.hasOwn(CLASSES, escaped) ? CLASSES[escaped] : undefined) ?? this.escapedCode(escaped);
  }

  private literal(expected: number): Node {
    return { kind: 'char', test: this.folded((code) => code === expected) };
  }

  /** Without regard to case where the pattern says so. */
  private folded(test: Test): Test {
    if (!this.ignoreCase) return test;
    return (code) => {
      const char = String.fromCharCode(code);
      return test(char.toLowerCase().charCodeAt(0)) || test(char.toUpperCase().charCodeAt(0));
    };
  }

  private peek(): string {
    return this.source[this.at] ?? '';
  }

  private next(): string {
    const char = this.source[this.at++];
    return char ?? this.fail('it ends too early');
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }

  private fail(reason: string): never {
    throw new PatternError(this.source, `${reason}, at character ${this.at}`);
  }
}
