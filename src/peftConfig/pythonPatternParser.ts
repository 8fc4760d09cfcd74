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

/** Patterns that list every module of a large model by name stay below this length. */
const MAX_PATTERN = 1 << 17;
/** The parser recurses into groups; this bounds its stack. */
const MAX_DEPTH = 100;
/** No module name is long enough for a counted repetition beyond this. */
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
  // \B never matches the empty string up to Python 3.13.
  B: (text, at) => text.length > 0 && !atWordEdge(text, at),
};

function atWordEdge(text: string, at: number): boolean {
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  return before !== after;
}

/** Throws `PatternError` for a pattern that Python would refuse or that is not supported here. */
export function parsePattern(source: string): Node {
  if (source.length > MAX_PATTERN) throw new PatternError(source, `it is longer than ${MAX_PATTERN} characters`);
  return new Parser(source).parse();
}

/** Python's IGNORECASE, DOTALL, MULTILINE and VERBOSE. */
type Flags = Readonly<Record<'i' | 's' | 'm' | 'x', boolean>>;

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  const set = Object.fromEntries([...letters].map((letter) => [letter, value]));
  return { ...flags, ...set };
}

/** The kind of an unsupported group for a message, from the text after '(?'. */
function kindOfGroup(rest: string): string {
  if (rest.startsWith('>')) return 'atomic groups';
  if (rest.startsWith('(')) return 'conditional groups';
  if (rest.startsWith('P=')) return 'back-references';
  return 'groups of this kind';
}

class Parser {
  private at = 0;
  private depth = 0;
  private readonly names = new Set<string>();
  private flags: Flags = { i: false, s: false, m: false, x: false };

  constructor(private readonly source: string) {}

  parse(): Node {
    const given = /^\(\?([aimsux]+)\)/.exec(this.source);
    if (given) {
      this.flags = withFlags(this.flags, given[1] ?? '', true);
      this.at = given[0].length;
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
    for (this.skip(); this.at < this.source.length && !'|)'.includes(this.peek()); this.skip())
      parts.push(this.quantified());
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'sequence', parts };
  }

  private quantified(): Node {
    if (this.range()) this.fail('nothing to repeat');
    let node = this.atom();
    for (let count = 0; ; count++) {
      this.skip();
      const range = this.range();
      if (!range) return node;
      if (count > 0 || node.kind === 'assert') this.fail('multiple repeat');
      const lazy = this.take('?');
      if (this.peek() === '+') this.fail('possessive quantifiers are not supported');
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
    if (Math.max(min, max ?? 0) > MAX_REPEAT) this.fail(`repeats more than ${MAX_REPEAT} times are not supported`);
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
        return { kind: 'char', test: this.flags.s ? () => true : (code) => code !== 10 };
      case '^':
        return this.flags.m
          ? { kind: 'assert', holds: (text, at) => at === 0 || text[at - 1] === '\n' }
          : { kind: 'assert', holds: (_, at) => at === 0 };
      case '$':
        if (this.flags.m) return { kind: 'assert', holds: (text, at) => at === text.length || text[at] === '\n' };
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
    if (++this.depth > MAX_DEPTH) this.fail(`groups nested deeper than ${MAX_DEPTH} are not supported`);
    let name: string | null = null;
    let look: { negative: boolean; behind: boolean } | null = null;
    const { flags } = this;
    if (this.take('?')) {
      const rest = this.source.slice(this.at, this.at + 64);
      const opening = /^([imsx]*(-[imsx]+)?:|=|!|<=|<!|P<[A-Za-z_]\w*>)/.exec(rest)?.[0];
      if (opening === undefined) return this.fail(`${kindOfGroup(rest)} are not supported`);
      this.at += opening.length;
      if (opening.startsWith('P')) name = this.named(opening.slice(2, -1));
      else if (opening.endsWith(':')) {
        const [set = '', unset = ''] = opening.slice(0, -1).split('-');
        this.flags = withFlags(withFlags(flags, set, true), unset, false);
      } else look = { negative: opening.endsWith('!'), behind: opening.startsWith('<') };
    }
    const body = this.choice();
    if (!this.take(')')) this.fail('missing ), unterminated subpattern');
    this.depth--;
    this.flags = flags;
    return look ? { kind: 'look', body, ...look } : { kind: 'group', body, name };
  }

  private named(name: string): string {
    if (this.names.has(name)) this.fail(`redefinition of group name '${name}'`);
    this.names.add(name);
    return name;
  }

  /** Skips comments, and in a verbose pattern white space. */
  private skip(): void {
    const blank = this.flags.x ? /(?:[ \t\n\r\f\v]|#[^\n]*|\(\?#[^)]*\))+/y : /(?:\(\?#[^)]*\))+/y;
    blank.lastIndex = this.at;
    if (blank.test(this.source)) this.at = blank.lastIndex;
    if (this.source.startsWith('(?#', this.at)) this.fail('missing ), unterminated comment');
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
    if (char === 'U') return this.wideCode();
    const octal = /^(0[0-7]{0,2}|[1-3][0-7]{2})/.exec(char + this.source.slice(this.at, this.at + 2))?.[0];
    if (octal !== undefined) {
      this.at += octal.length - 1;
      return parseInt(octal, 8);
    }
    if (isDigit(char.charCodeAt(0))) this.fail('back-references are not supported');
    if (/[A-Za-z]/.test(char)) this.fail(`bad escape \\${char}`);
    return char.charCodeAt(0);
  }

  private wideCode(): number {
    const digits = this.source.slice(this.at, this.at + 8);
    if (!/^[\da-fA-F]{8}$/.test(digits)) this.fail('incomplete escape');
    const code = parseInt(digits, 16);
    if (code > 0xffff) this.fail('characters beyond the first 65,536 are not supported');
    this.at += 8;
    return code;
  }

  private set(): Node {
    const negated = this.take('^');
    const tests: Test[] = [];
    for (let first = true; first || this.peek() !== ']'; first = false) {
      const low = this.setMember();
      if (typeof low !== 'number') {
        if (this.peek() === '-' && this.source[this.at + 1] !== ']') this.fail('bad character range');
        tests.push(low);
      } else if (this.peek() === '-' && this.source[this.at + 1] !== ']') {
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

  /** Makes a test ignore case under the flag i. */
  private folded(test: Test): Test {
    if (!this.flags.i) return test;
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
