/**
 * A pull reader of JSON text, for headers. JSON.parse hides what a checkpoint's header must not contain (a key twice),
 * rounds integers beyond 2^53, reorders keys that look like integers, and gives nothing at all of a text that is broken
 * at its end. Reading field by field does none of that, and is no slower.
 */

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  constructor(
    readonly position: number,
    expected: string,
    got: string,
  ) {
    super(`at character ${position}: expected ${expected}, got ${got}`);
  }
}

/** Nesting beyond this is refused, as the reference implementation's JSON reader does: it bounds our recursion. */
const MAX_DEPTH = 128;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const integerPattern = /(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const literalPattern = /true|false|null/y;
const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

export class JsonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  get position(): number {
    return this.at;
  }

  /** Back to an earlier `position`, to read the same value in another way. */
  rewind(position: number): void {
    this.at = position;
  }

  /** The text from an earlier `position` up to here. */
  slice(from: number): string {
    return this.text.slice(from, this.at);
  }

  /**
   * Reads an object: `onField` is called with each key and must read exactly one value. Throws `JsonSyntaxError` at
   * what is not JSON; fields before it have been seen by then.
   */
  object(onField: (key: string) => void): void {
    this.expect(OPEN_BRACE, "'{'");
    if (this.peek() === CLOSE_BRACE) {
      this.at++;
      return;
    }
    for (;;) {
      const key = this.string();
      this.expect(COLON, "':'");
      onField(key);
      if (this.peek() !== COMMA) break;
      this.at++;
    }
    this.expect(CLOSE_BRACE, "',' or '}'");
  }

  string(): string {
    this.expect(QUOTE, "'\"'");
    const { text } = this;
    const start = this.at;
    for (let i = start; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) {
        this.at = i + 1;
        return text.slice(start, i);
      }
      if (code === BACKSLASH) {
        this.at = i;
        return text.slice(start, i) + this.escapedRest();
      }
      if (code < 32) throw new JsonSyntaxError(i, 'a string without raw control characters', `U+${code.toString(16)}`);
    }
    throw new JsonSyntaxError(text.length, "'\"'", 'the end');
  }

  /**
   * Hands the next value to a faster reader of one kind of value: it gives the position after it, or -1 where it is of
   * another kind, and then nothing is consumed.
   */
  quick(read: (text: string, at: number) => number): boolean {
    this.peek();
    const after = read(this.text, this.at);
    if (after < 0) return false;
    this.at = after;
    return true;
  }

  /** Whether the next value is a string, an object, ...: by its first character. */
  peekKind(): 'string' | 'object' | 'array' | 'other' {
    const code = this.peek();
    if (code === QUOTE) return 'string';
    if (code === OPEN_BRACE) return 'object';
    return code === OPEN_BRACKET ? 'array' : 'other';
  }

  /** The digits of a non-negative integer, or null (and nothing consumed) where the next value is anything else. */
  integerText(): string | null {
    this.peek();
    return this.match(integerPattern);
  }

  /** The digits of each entry of an array of non-negative integers; null, and nothing consumed, for any other value. */
  integerTexts(): string[] | null {
    const start = this.at;
    const texts: string[] = [];
    if (this.peek() !== OPEN_BRACKET) return null;
    this.at++;
    if (this.peek() === CLOSE_BRACKET) {
      this.at++;
      return texts;
    }
    for (;;) {
      const digits = this.integerText();
      const next = digits === null ? -1 : this.peek();
      if (digits === null || (next !== COMMA && next !== CLOSE_BRACKET)) {
        this.at = start;
        return null;
      }
      texts.push(digits);
      this.at++;
      if (next === CLOSE_BRACKET) return texts;
    }
  }

  /** Reads over one value of any kind, checking that it is JSON. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError(this.at, `at most ${MAX_DEPTH} levels of nesting`, 'more');
    const code = this.peek();
    if (code === OPEN_BRACE) this.object(() => this.skip(depth + 1));
    else if (code === OPEN_BRACKET) this.skipArray(depth + 1);
    else if (code === QUOTE) this.string();
    else if (this.match(numberPattern) === null && this.match(literalPattern) === null) this.fail('a value');
  }

  /** Only white space may be left. */
  end(): void {
    if (!Number.isNaN(this.peek())) this.fail('the end');
  }

  private skipArray(depth: number): void {
    this.at++;
    if (this.peek() === CLOSE_BRACKET) {
      this.at++;
      return;
    }
    for (;;) {
      this.skip(depth);
      if (this.peek() !== COMMA) break;
      this.at++;
    }
    this.expect(CLOSE_BRACKET, "',' or ']'");
  }

  private escapedRest(): string {
    const { text } = this;
    let out = '';
    for (;;) {
      const character = text[this.at];
      if (character === undefined) this.fail("'\"'");
      this.at++;
      if (character === '"') return out;
      if (character < ' ') throw new JsonSyntaxError(this.at - 1, 'a string without raw control characters', 'one');
      out += character === '\\' ? this.escape() : character;
    }
  }

  private escape(): string {
    const letter = this.text[this.at++] ?? '';
    const short = shortEscapes.get(letter);
    if (short !== undefined) return short;
    const digits = this.text.slice(this.at, this.at + 4);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) {
      throw new JsonSyntaxError(this.at - 1, 'an escape of JSON', `'\\${letter}'`);
    }
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  /** The next character that is not white space, not consumed; NaN at the end. */
  private peek(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code;
      this.at++;
    }
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return null;
    const matched = this.text.slice(this.at, pattern.lastIndex);
    this.at = pattern.lastIndex;
    return matched;
  }

  private expect(code: number, name: string): void {
    if (this.peek() !== code) this.fail(name);
    this.at++;
  }

  private fail(expected: string): never {
    const got = this.text[this.at];
    throw new JsonSyntaxError(this.at, expected, got === undefined ? 'the end' : `'${got}'`);
  }
}
