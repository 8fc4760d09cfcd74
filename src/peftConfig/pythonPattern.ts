/**
 * Python's regular expressions, as far as module names need them. This is their only engine: every surface uses it.
 *
 * JavaScript's RegExp differs from Python's `re` in syntax, and its backtracking takes practically forever on hostile
 * patterns. Here a pattern is compiled to a small program. No instruction runs twice at one position of the name, so
 * that matching takes at most (instructions x characters) steps. Back-references, conditional groups, atomic groups,
 * possessive quantifiers and the flag L are not supported: a `PatternError` names them. Sources: the Python `re`
 * documentation; Russ Cox, "Regular Expression Matching: the Virtual Machine Approach".
 */

import { PatternError } from './errors';
import { parsePattern } from './pythonPatternParser';
import type { Look, Program } from './pythonPatternProgram';
import { compileProgram } from './pythonPatternProgram';

/** Limits matching to a few seconds for all patterns of a config and every name of the largest model. */
const MAX_STEPS = 100_000_000;
/** The longest published module names have about 100 characters. */
const MAX_NAME = 4_096;

/** Limits the total work of the patterns that share it, over all the names they are matched against. */
export class StepBudget {
  constructor(private left = MAX_STEPS) {}

  spend(steps: number, source: string): void {
    this.left -= steps;
    if (this.left < 0) throw new PatternError(source, 'matching takes too long');
  }
}

interface PatternOptions {
  /** Name of the group that a match reports. */
  readonly group?: string;
  readonly budget?: StepBudget;
}

interface PatternMatch {
  /** Text of the requested group; '' if the group took no part in the match. */
  readonly group: string;
}

export class PythonPattern {
  private readonly program: Program;
  private readonly budget: StepBudget;
  /** The result of each look-around at each position of the text, so that none runs twice; 0 means unknown. */
  private readonly looked = new Map<object, Int8Array>();

  /** Throws `PatternError` for a pattern that Python would refuse or that is not supported. */
  constructor(
    readonly source: string,
    { group, budget = new StepBudget() }: PatternOptions = {},
  ) {
    this.program = compileProgram(parsePattern(source), source, group ?? null);
    this.budget = budget;
  }

  /** True if the whole text matches, as for `re.fullmatch`. Throws `PatternError` if matching takes too long. */
  fullMatch(text: string): boolean {
    this.looked.clear();
    return this.search(this.program, text, 0, text.length) !== null;
  }

  /** The match that begins at the start of the text, as for `re.match`. Throws `PatternError` if it takes too long. */
  match(text: string): PatternMatch | null {
    this.looked.clear();
    return this.search(this.program, text, 0, null);
  }

  /** Tries the paths in order of priority, so that greedy and lazy quantifiers decide what the group holds. */
  private search(program: Program, text: string, start: number, end: number | null): PatternMatch | null {
    if (text.length > MAX_NAME) throw new PatternError(this.source, `the name is longer than ${MAX_NAME} characters`);
    const width = text.length + 1;
    const seen = new Uint8Array(program.length * width);
    this.budget.spend(seen.length >> 6, this.source);
    const stack: [pc: number, at: number, from: number, to: number][] = [[0, start, -1, -1]];
    for (let top = stack.pop(); top; top = stack.pop()) {
      let [pc, at, from, to] = top;
      for (;;) {
        const mark = pc * width + at;
        if (seen[mark]) break;
        seen[mark] = 1;
        this.budget.spend(1, this.source);
        const instruction = program[pc];
        if (!instruction) break;
        if (instruction.op === 'match') {
          if (end !== null && at !== end) break;
          return { group: from >= 0 && to >= from ? text.slice(from, to) : '' };
        }
        if (instruction.op === 'char') {
          if (at >= text.length || !instruction.test(text.charCodeAt(at))) break;
          at++;
          pc++;
        } else if (instruction.op === 'split') {
          stack.push([instruction.second, at, from, to]);
          pc = instruction.first;
        } else if (instruction.op === 'jump') pc = instruction.to;
        else if (instruction.op === 'save') {
          if (instruction.end) to = at;
          else from = at;
          pc++;
        } else {
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
    this.looked.set(look, known);
    if (known[at] !== 0) return known[at] === 1;
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
