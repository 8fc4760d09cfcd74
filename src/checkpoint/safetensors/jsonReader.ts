/**
 * A pull parser for JSON headers. JSON.parse hides duplicate keys, which a checkpoint's header must not contain, rounds
 * integers beyond 2^53, reorders keys that look like integers, and returns nothing for a text that is cut off. Reading
 * field by field avoids all of that and is no slower.
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

/** Maximum nesting, which bounds the recursion. The reference implementation's JSON reader has the same limit. */
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

  /** Returns to an earlier `position`, to read the same value again. */
  rewind(position: number): void {
    this.at = position;
  }

  /** The text from an earlier `position` to the current one. */
  slice(from: number): string {
    return this.text.slice(from, this.at);
  }

  /**
   * Reads an object: calls `onField` with each key, which must read exactly one value. Throws `JsonSyntaxError` where
   * the text is not JSON, after `onField` has seen the fields before.
   */
  object(onField: (key: string) => void): void {
    for (const key of this.fields()) onField(key);
  }

  /** As `object`, but yields each key. Whoever receives it must read its value before the next. */
  *fields(): Generator<string, void, undefined> {
    this.expect(OPEN_BRACE, "'{'");
    if (this.peek() === CLOSE_BRACE) {
      this.at++;
      return;
    }
    for (;;) {
      const key = this.string();
      this.expect(COLON, "':'");
      yield key;
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
   * Reads the next value with a faster reader for one kind of value. `read` returns the position after the value, or -1
   * for any other kind; nothing is then consumed.
   */
  quick(read: (text: string, at: number) => number): boolean {
    this.peek();
    const after = read(this.text, this.at);
    if (after < 0) return false;
    this.at = after;
    return true;
  }

  /** The kind of the next value, from its first character. */
  peekKind(): 'string' | 'object' | 'array' | 'other' {
    const code = this.peek();
    if (code === QUOTE) return 'string';
    if (code === OPEN_BRACE) return 'object';
    return code === OPEN_BRACKET ? 'array' : 'other';
  }

  /** The digits of a non-negative integer, or `null` for any other value, which is then not consumed. */
  integerText(): string | null {
    this.peek();
    return this.match(integerPattern);
  }

  /**
   * The digits of each entry of an array of non-negative integers; `null` for any other value, which is not consumed.
   */
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

  /** Skips one value of any kind and checks that it is JSON. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError(this.at, `at most ${MAX_DEPTH} levels of nesting`, 'more');
    const code = this.peek();
    if (code === OPEN_BRACE) this.object(() => this.skip(depth + 1));
    else if (code === OPEN_BRACKET) this.skipArray(depth + 1);
    else if (code === QUOTE) this.string();
    else if (this.match(numberPattern) === null && this.match(literalPattern) === null) this.fail('a value');
  }

  /** Throws `JsonSyntaxError` if anything but white space is left. */
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
      throw new JsonSyntaxError(this.at - 1, 'a JSON escape', `'\\${letter}'`);
    }
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  /** The code of the next character that is not white space, without consuming it; NaN at the end. */
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
