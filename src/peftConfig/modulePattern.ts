/**
 * The regular expressions of adapter_config.json, matched against module names as PEFT does.
 *
 * A `rank_pattern` key is a Python regular expression from a stranger. A backtracking engine can be made to hang by
 * one, and JavaScript's is not Python's. So the part of the language that people use here is compiled to a small
 * automaton (Thompson 1968), which needs time proportional to pattern times name, and the rest is refused: back
 * references, look-around, inline flags, \b.
 */

export class ModulePatternError extends Error {
  override readonly name = 'ModulePatternError';
}

/** A module name has a few dozen characters; a longer key is no pattern for one. */
const MAX_PATTERN_LENGTH = 1000;
/** {m,n} is written out; this bounds what a short pattern can unfold to. */
const MAX_STATES = 5000;
/** Parts put in place while unfolding: a part may be empty and repeated all the same. */
const MAX_BUILD_STEPS = 100_000;
/** Parentheses recurse. */
const MAX_NESTING = 50;
/** Longer names match nothing: matching takes time proportional to states times name. */
const MAX_NAME_LENGTH = 1000;

type Accepts = (character: string) => boolean;
/** A state either eats a character and goes on to `next`, or goes on to each of `next` without eating. */
type State =
  | { readonly kind: 'eat'; readonly accepts: Accepts; next: number }
  | { readonly kind: 'go'; next: number[]; readonly at?: 'start' | 'end' };

/**
 * Compiles `(.*\.)?(KEY)$`, PEFT's rule for the keys of rank_pattern and alpha_pattern: the key matches the whole
 * module name, or its end from a dot on. Throws `PatternError` for what is not supported.
 */
export function compilePatternKey(key: string): (module: string) => boolean {
  if (/^\^?[\w.-]+$/.test(key)) return plainKey(key);
  return compilePattern(`(.*\\.)?(${key})$`);
}

/** Nearly every key: letters, and dots for any character. There may be one for each module, so it is fast. */
function plainKey(key: string): (module: string) => boolean {
  const anchored = key.startsWith('^');
  const name = anchored ? key.slice(1) : key;
  return (module) => {
    const offset = module.length - name.length;
    if (offset < 0 || (offset > 0 && (anchored || module[offset - 1] !== '.'))) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== '.' && name[i] !== module[offset + i]) return false;
    return true;
  };
}

/** Compiles a pattern that must match a whole name, as re.fullmatch. Throws `PatternError`. */
export function compilePattern(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new ModulePatternError(`a pattern of ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH} are read`);
  }
  const compiler = new Compiler(pattern);
  const accept = compiler.state({ kind: 'go', next: [] });
  const start = compiler.compile(accept);
  return (text) => text.length <= MAX_NAME_LENGTH && run(compiler.states, start, accept, text);
}

function run(states: readonly State[], start: number, accept: number, text: string): boolean {
  const reach = (from: readonly number[], position: number): Set<number> => {
    const reached = new Set<number>();
    const waiting = [...from];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (reached.has(id)) continue;
      const state = states[id]!;
      if (state.kind === 'go' && state.at === 'start' && position !== 0) continue;
      if (state.kind === 'go' && state.at === 'end' && position !== text.length) continue;
      reached.add(id);
      if (state.kind === 'go') waiting.push(...state.next);
    }
    return reached;
  };
  let current = reach([start], 0);
  for (let i = 0; i < text.length && current.size > 0; i++) {
    const next: number[] = [];
    for (const id of current) {
      const state = states[id]!;
      if (state.kind === 'eat' && state.accepts(text[i]!)) next.push(state.next);
    }
    current = reach(next, i + 1);
  }
  return current.has(accept);
}

const isDigit: Accepts = (c) => c >= '0' && c <= '9';
const isWord: Accepts = (c) => /[\p{L}\p{N}_]/u.test(c);
const isSpace: Accepts = (c) => /\s/.test(c);
const classes: ReadonlyMap<string, Accepts> = new Map([
  ['d', isDigit],
  ['D', (c) => !isDigit(c)],
  ['w', isWord],
  ['W', (c) => !isWord(c)],
  ['s', isSpace],
  ['S', (c) => !isSpace(c)],
]);

/** Recursive descent from the pattern's text; each part is compiled for the state that follows it, `next`. */
class Compiler {
  readonly states: State[] = [];
  private at = 0;
  private nesting = 0;
  private steps = 0;

  constructor(private readonly pattern: string) {}

  state(state: State): number {
    if (this.states.length >= MAX_STATES)
      throw new ModulePatternError(`the pattern unfolds to more than ${MAX_STATES} states`);
    return this.states.push(state) - 1;
  }

  compile(accept: number): number {
    const start = this.alternatives()(accept);
    if (this.at < this.pattern.length) throw new ModulePatternError(`unbalanced ')' at ${this.at}`);
    return start;
  }

  /** Parsing gives a function that builds the states, so that {m,n} can build a part more than once. */
  private alternatives(): Build {
    if (++this.nesting > MAX_NESTING) throw new ModulePatternError(`more than ${MAX_NESTING} levels of parentheses`);
    const options = [this.sequence()];
    while (this.take('|')) options.push(this.sequence());
    this.nesting--;
    if (options.length === 1) return options[0]!;
    return (next) => this.state({ kind: 'go', next: options.map((option) => option(next)) });
  }

  private sequence(): Build {
    const parts: Build[] = [];
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) parts.push(this.repeated());
    return (next) => parts.reduceRight((following, part) => part(following), next);
  }

  private repeated(): Build {
    const part = this.single();
    const [min, max] = this.quantifier();
    if (min === 1 && max === 1) return part;
    if ('*+?{'.includes(this.pattern[this.at] ?? ' '))
      throw new ModulePatternError(`two repetitions in a row at ${this.at}`);
    return (next) => {
      let start = next;
      if (max === Infinity) {
        const loop = { kind: 'go' as const, next: [next] };
        start = this.state(loop);
        loop.next.unshift(this.place(part, start));
      } else {
        for (let i = min; i < max; i++) start = this.state({ kind: 'go', next: [this.place(part, start), next] });
      }
      for (let i = 0; i < min; i++) start = this.place(part, start);
      return start;
    };
  }

  private place(part: Build, next: number): number {
    if (++this.steps > MAX_BUILD_STEPS)
      throw new ModulePatternError(`the pattern unfolds to more than ${MAX_BUILD_STEPS} parts`);
    return part(next);
  }

  /** How often the part before may stand; a lazy or greedy mark changes nothing about whether it matches. */
  private quantifier(): [number, number] {
    const range = this.match(/\*|\+|\?|\{(\d{0,4})(,?)(\d{0,4})\}/y);
    if (!range) return [1, 1];
    this.take('?');
    if (range[0] === '*') return [0, Infinity];
    if (range[0] === '+') return [1, Infinity];
    if (range[0] === '?') return [0, 1];
    if (range[1] === '' && range[3] === '') throw new ModulePatternError(`'${range[0]}' repeats nothing`);
    const min = Number(range[1]);
    if (range[2] === '') return [min, min];
    return [min, range[3] === '' ? Infinity : Number(range[3])];
  }

  private single(): Build {
    const c = this.pattern[this.at++]!;
    if (c === '(') return this.group();
    if (c === '[') return this.eat(this.set());
    if (c === '.') return this.eat((x) => x !== '\n');
    if (c === '^') return (next) => this.state({ kind: 'go', next: [next], at: 'start' });
    if (c === '$') return (next) => this.state({ kind: 'go', next: [next], at: 'end' });
    if (c === '\\') return this.eat(this.escape());
    if ('*+?{'.includes(c)) throw new ModulePatternError(`'${c}' at ${this.at - 1} repeats nothing`);
    return this.eat((x) => x === c);
  }

  private group(): Build {
    if (this.pattern[this.at] === '?' && !this.match(/\?:|\?P<\w+>/y)) {
      throw new ModulePatternError(`'(${this.pattern.slice(this.at, this.at + 2)}' is not supported`);
    }
    const inner = this.alternatives();
    if (!this.take(')')) throw new ModulePatternError("a '(' is not closed");
    return inner;
  }

  private set(): Accepts {
    const negated = this.take('^');
    const parts: Accepts[] = [];
    for (let first = true; first || this.pattern[this.at] !== ']'; first = false) {
      const c = this.pattern[this.at++];
      if (c === undefined) throw new ModulePatternError("a '[' is not closed");
      const range = this.match(/-([^\]\\])/y);
      const high = range?.[1];
      if (high !== undefined) parts.push((x) => x >= c && x <= high);
      else parts.push(c === '\\' ? this.escape() : (x) => x === c);
    }
    this.at++;
    return (x) => parts.some((part) => part(x)) !== negated;
  }

  private escape(): Accepts {
    const c = this.pattern[this.at++] ?? '';
    const named = classes.get(c);
    if (named) return named;
    if (c === '' || /[A-Za-z0-9]/.test(c)) throw new ModulePatternError(`'\\${c}' is not supported`);
    return (x) => x === c;
  }

  private eat(accepts: Accepts): Build {
    return (next) => this.state({ kind: 'eat', accepts, next });
  }

  private take(character: string): boolean {
    if (this.pattern[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.pattern);
    if (found) this.at = sticky.lastIndex;
    return found;
  }
}

type Build = (next: number) => number;
