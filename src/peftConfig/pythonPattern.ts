/**
 * Python's regular expressions, as far as names of modules need them, by a matcher of our own.
 *
 * JavaScript's RegExp differs from Python's in syntax and backtracks without end on hostile patterns. Here a pattern is
 * compiled to a small program, and no instruction is run twice at one place of the name, so that matching takes at most
 * (instructions x characters) steps. Left out, and refused by name: back-references, conditionals, atomic groups,
 * possessive quantifiers and the flag L.
 * Sources: the Python `re` documentation; Russ Cox, "Regular Expression Matching: the Virtual Machine Approach".
 */

import { PatternError } from './errors';
import type { Node } from './pythonPatternParser';
import { parsePattern } from './pythonPatternParser';

type Instruction =
  | { readonly op: 'char'; readonly test: (code: number) => boolean }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly op: 'look'; readonly program: Program; readonly negative: boolean; readonly behind: number | null }
  | { readonly op: 'save'; readonly end: boolean }
  | { readonly op: 'match' };

type Program = readonly Instruction[];

/** Counted repetitions are written out; this many instructions is far more than a pattern for module names needs. */
const MAX_INSTRUCTIONS = 20_000;
/** Steps over the lifetime of a pattern: a few seconds at most, for every name of the largest model. */
const MAX_STEPS = 100_000_000;
/** The longest names of modules have about 100 characters. */
const MAX_NAME = 4_096;

interface PatternMatch {
  /** What the group that was asked for holds, '' where it took no part. */
  readonly group: string;
}

export class PythonPattern {
  private readonly program: Program;
  private steps = 0;
  /** What each look-around found at each place of the text: 0 is not known yet. So that none is run twice. */
  private readonly looked = new Map<object, Int8Array>();

  /** `group` is the name of the group to report. Throws `PatternError` for what is not understood. */
  constructor(
    readonly source: string,
    group: string | null = null,
  ) {
    const instructions: Instruction[] = [];
    compile(parsePattern(source), instructions, source, group);
    instructions.push({ op: 'match' });
    this.program = instructions;
  }

  /** As `re.fullmatch`. */
  fullMatch(text: string): boolean {
    this.looked.clear();
    return this.search(this.program, text, 0, text.length) !== null;
  }

  /** As `re.match`: from the start, to wherever. */
  match(text: string): PatternMatch | null {
    this.looked.clear();
    return this.search(this.program, text, 0, null);
  }

  /** The first way through by priority, so that greedy and lazy decide what the group holds. */
  private search(program: Program, text: string, start: number, end: number | null): PatternMatch | null {
    if (text.length > MAX_NAME) throw new PatternError(this.source, `the name is longer than ${MAX_NAME} characters`);
    const width = text.length + 1;
    const seen = new Uint8Array(program.length * width);
    this.steps += seen.length >> 6;
    if (this.steps > MAX_STEPS) throw new PatternError(this.source, 'matching takes too long');
    const stack: [pc: number, at: number, from: number, to: number][] = [[0, start, -1, -1]];
    for (let top = stack.pop(); top; top = stack.pop()) {
      let [pc, at, from, to] = top;
      for (;;) {
        const mark = pc * width + at;
        if (seen[mark]) break;
        seen[mark] = 1;
        if (++this.steps > MAX_STEPS) throw new PatternError(this.source, 'matching takes too long');
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

  private look(look: Extract<Instruction, { op: 'look' }>, text: string, at: number): boolean {
    const known = this.looked.get(look) ?? new Int8Array(text.length + 1);
    this.looked.set(look, known);
    if (known[at] !== 0) return known[at] === 1;
    const holds = this.lookOnce(look, text, at);
    known[at] = holds ? 1 : -1;
    return holds;
  }

  private lookOnce(look: Extract<Instruction, { op: 'look' }>, text: string, at: number): boolean {
    const { program, negative, behind } = look;
    const start = behind === null ? at : at - behind;
    const found = start >= 0 && this.search(program, text, start, behind === null ? null : at) !== null;
    return found !== negative;
  }
}

function compile(node: Node, into: Instruction[], source: string, group: string | null): void {
  if (into.length > MAX_INSTRUCTIONS)
    throw new PatternError(source, 'it is too large once its repetitions are written out');
  switch (node.kind) {
    case 'char':
      into.push({ op: 'char', test: node.test });
      return;
    case 'assert':
      into.push({ op: 'assert', holds: node.holds });
      return;
    case 'sequence':
      for (const part of node.parts) compile(part, into, source, group);
      return;
    case 'group':
      if (node.name !== null && node.name === group) into.push({ op: 'save', end: false });
      compile(node.body, into, source, group);
      if (node.name !== null && node.name === group) into.push({ op: 'save', end: true });
      return;
    case 'look': {
      const program: Instruction[] = [];
      compile(node.body, program, source, null);
      program.push({ op: 'match' });
      into.push({
        op: 'look',
        program,
        negative: node.negative,
        behind: node.behind ? fixedWidth(node.body, source) : null,
      });
      return;
    }
    case 'choice':
      return compileChoice(node.options, into, source, group);
    case 'repeat':
      return compileRepeat(node, into, source, group);
  }
}

function compileChoice(options: readonly Node[], into: Instruction[], source: string, group: string | null): void {
  const ends: number[] = [];
  options.forEach((option, index) => {
    const split = into.length;
    const last = index === options.length - 1;
    if (!last) into.push({ op: 'jump', to: 0 });
    compile(option, into, source, group);
    if (last) return;
    ends.push(into.length);
    into.push({ op: 'jump', to: 0 });
    into[split] = { op: 'split', first: split + 1, second: into.length };
  });
  for (const end of ends) into[end] = { op: 'jump', to: into.length };
}

function compileRepeat(
  node: Extract<Node, { kind: 'repeat' }>,
  into: Instruction[],
  source: string,
  group: string | null,
): void {
  const { body, min, max, lazy } = node;
  const fork = (at: number, past: number): Instruction =>
    lazy ? { op: 'split', first: past, second: at + 1 } : { op: 'split', first: at + 1, second: past };
  for (let count = 0; count < min; count++) compile(body, into, source, group);
  if (max === null) {
    const start = into.length;
    into.push({ op: 'match' });
    compile(body, into, source, group);
    into.push({ op: 'jump', to: start });
    into[start] = fork(start, into.length);
    return;
  }
  const forks: number[] = [];
  for (let count = min; count < max; count++) {
    forks.push(into.length);
    into.push({ op: 'match' });
    compile(body, into, source, group);
  }
  for (const at of forks) into[at] = fork(at, into.length);
}

/** Python looks behind by fixed widths only. */
function fixedWidth(node: Node, source: string): number {
  switch (node.kind) {
    case 'char':
      return 1;
    case 'assert':
    case 'look':
      return 0;
    case 'group':
      return fixedWidth(node.body, source);
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + fixedWidth(part, source), 0);
    case 'repeat':
      if (node.max === node.min) return node.min * fixedWidth(node.body, source);
      break;
    case 'choice': {
      const widths = new Set(node.options.map((option) => fixedWidth(option, source)));
      if (widths.size === 1) return [...widths][0] ?? 0;
    }
  }
  throw new PatternError(source, 'a look-behind needs a fixed width');
}
