/**
 * Python's regular expressions, as far as module names need them. This is their only engine: every surface uses it.
 *
 * JavaScript's RegExp differs from Python's `re` in syntax, and its backtracking takes practically forever on hostile
 * patterns. Here a pattern is compiled to a small program. No instruction runs twice at one position of the name, so
 * that matching takes at most (instructions x characters) steps. Back-references, conditional groups, atomic groups,
 * possessive quantifiers and the flag L are not supported: a `PatternError` names them. Sources: the Python `re`
 * documentation; Russ Cox, "Regular Expression Matching: the Virtual Machine Approach".
 */

import type { Matching } from './matching';
import { currentMatching } from './matching';
import { parsePattern } from './pythonPatternParser';
import type { Look, Program } from './pythonPatternProgram';
import { compileProgram } from './pythonPatternProgram';
import { quoted } from './quoted';

/** The longest published module names have about 100 characters. */
const MAX_NAME = 4_096;
/** Marks that cost as much to allocate as one step of matching. */
const MARKS_PER_STEP = 64;
/** An assertion such as \b looks at the characters on both sides, in as much time as this many further steps. */
const STEPS_OF_ASSERTION = 2;
/** Preparing a look-around, or running it at one place, takes as long as this many steps. */
const STEPS_OF_LOOK = 10;

interface PatternOptions {
  /** Name of the group that a match reports. */
  readonly group?: string;
}

interface PatternMatch {
  /** Text of the requested group; '' if the group took no part in the match. */
  readonly group: string;
}

/**
 * A compiled pattern. Its steps come from the request's budget (`matching.ts`): once they are used up, it matches
 * nothing. It also does not match a name that is too long or on which it takes too many steps.
 */
export class PythonPattern {
  private readonly program: Program;
  private readonly matching: Matching;
  private readonly whole: Map<string, unknown>;
  private readonly starts: Map<string, unknown>;
  /** Steps that the name being matched may still take. */
  private left = 0;
  /** Paths to try, four numbers each: instruction, position, and the group's start and end. A look-around adds its own. */
  private readonly stack: number[] = [];
  /** The result of each look-around at each position of the text, so that none runs twice; 0 means unknown. */
  private readonly looked = new Map<object, Int8Array>();

  /** Throws `PatternError` for a pattern that Python would refuse or that is not supported. */
  constructor(
    readonly source: string,
    { group }: PatternOptions = {},
  ) {
    const matching = currentMatching();
    const programs = matching.results(`program for ${group ?? ''}`);
    // A pattern that comes after the budget is used up matches nothing, whatever it is.
    const compile = (): Program => {
      const program = compileProgram(parsePattern(source), source, group ?? null);
      matching.spend(source.length + program.length, source);
      return program;
    };
    this.program = matching.isExhausted ? [] : matching.once(programs, source, compile);
    this.matching = matching;
    this.whole = matching.results(`whole ${source}`);
    this.starts = matching.results(`start for ${group ?? ''} ${source}`);
  }

  /** True if the whole text matches, as for `re.fullmatch`. */
  fullMatch(text: string): boolean {
    if (this.matching.isExhausted) return false;
    return this.matching.once(this.whole, text, () => this.begin(text, text.length) !== null);
  }

  /** The match that begins at the start of the text, as for `re.match`. */
  match(text: string): PatternMatch | null {
    if (this.matching.isExhausted) return null;
    return this.matching.once(this.starts, text, () => this.begin(text, null));
  }

  private begin(text: string, end: number | null): PatternMatch | null {
    if (text.length > MAX_NAME) {
      const problem = `${quoted(text)}: no pattern matches it, because the name is longer than ${MAX_NAME} characters`;
      this.matching.report('name', problem);
      return null;
    }
    this.looked.clear();
    this.stack.length = 0;
    const most = this.matching.stepsAtOnce;
    this.left = most;
    const found = this.search(this.program, text, 0, end);
    const isWithin = this.matching.spend(most - Math.max(-1, this.left), this.source);
    if (this.left >= 0) return found;
    if (isWithin) {
      const problem = `pattern ${quoted(this.source)} takes more than ${most} steps on ${quoted(text)} and counts as`;
      this.matching.report('name steps', `${problem} not matched there`);
    }
    return null;
  }

  /**
   * Tries the paths in order of priority, so that greedy and lazy quantifiers decide what the group holds. Once `left`
   * is negative, the result means nothing.
   */
  private search(program: Program, text: string, start: number, end: number | null): PatternMatch | null {
    const width = text.length + 1;
    this.left -= Math.ceil((program.length * width) / MARKS_PER_STEP);
    if (this.left < 0) return null;
    const seen = new Uint8Array(program.length * width);
    const stack = this.stack;
    const bottom = stack.length;
    stack.push(0, start, -1, -1);
    while (stack.length > bottom) {
      let to = stack.pop()!;
      let from = stack.pop()!;
      let at = stack.pop()!;
      let pc = stack.pop()!;
      for (;;) {
        const mark = pc * width + at;
        if (seen[mark]) break;
        seen[mark] = 1;
        if (--this.left < 0) return null;
        const instruction = program[pc];
        if (!instruction) break;
        if (instruction.op === 'char') {
          if (at >= text.length || !instruction.test(text.charCodeAt(at))) break;
          at++;
          pc++;
        } else if (instruction.op === 'split') {
          stack.push(instruction.second, at, from, to);
          pc = instruction.first;
        } else if (instruction.op === 'jump') pc = instruction.to;
        else if (instruction.op === 'match') {
          if (end !== null && at !== end) break;
          stack.length = bottom;
          return { group: from >= 0 && to >= from ? text.slice(from, to) : '' };
        } else if (instruction.op === 'save') {
          if (instruction.end) to = at;
          else from = at;
          pc++;
        } else {
          this.left -= STEPS_OF_ASSERTION;
          const holds = instruction.op === 'assert' ? instruction.holds(text, at) : this.look(instruction, text, at);
          if (!holds) break;
          pc++;
        }
      }
    }
    return null;
  }

  private look(look: Look, text: string, at: number): boolean {
    const known = this.looked.get(look) ?? new Int8Array(text.length + 1);
    if (!this.looked.has(look)) {
      this.looked.set(look, known);
      this.left -= STEPS_OF_LOOK + Math.ceil(text.length / MARKS_PER_STEP);
    }
    if (known[at] !== 0) return known[at] === 1;
    this.left -= STEPS_OF_LOOK;
    const holds = this.lookOnce(look, text, at);
    known[at] = holds ? 1 : -1;
    return holds;
  }

  private lookOnce(look: Look, text: string, at: number): boolean {
    const { program, negative, behind } = look;
    const start = behind === null ? at : at - behind;
    const found = start >= 0 && this.search(program, text, start, behind === null ? null : at) !== null;
    return found !== negative;
  }
}
