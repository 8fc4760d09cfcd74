/** Compiles a parsed Python pattern to the program that `pythonPattern.ts` runs. */

import { PatternError } from './errors';
import type { Node } from './pythonPatternParser';

type Instruction =
  | { readonly op: 'char'; readonly test: (code: number) => boolean }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | Look
  | { readonly op: 'save'; readonly end: boolean }
  | { readonly op: 'match' };

export interface Look {
  readonly op: 'look';
  readonly program: Program;
  readonly negative: boolean;
  /** Characters that a look-behind goes back; `null` for a look-ahead. */
  readonly behind: number | null;
}

export type Program = readonly Instruction[];

/** Counted repetitions are written out; this is far more than a pattern for module names needs. */
const MAX_INSTRUCTIONS = 20_000;
/** Nodes visited while repetitions are written out: a repeated node may be empty and add no instruction. */
const MAX_BUILD_STEPS = 100_000;

/** `group` is the name of the group to report. Throws `PatternError` for a pattern that is too large. */
export function compileProgram(node: Node, source: string, group: string | null): Program {
  return new Compiler(source, group).program(node);
}

class Compiler {
  private into: Instruction[] = [];
  private steps = 0;

  constructor(
    private readonly source: string,
    private readonly group: string | null,
  ) {}

  program(node: Node): Program {
    const outer = this.into;
    const program: Instruction[] = [];
    this.into = program;
    this.compile(node);
    program.push({ op: 'match' });
    this.into = outer;
    return program;
  }

  private compile(node: Node): void {
    if (this.into.length > MAX_INSTRUCTIONS || ++this.steps > MAX_BUILD_STEPS)
      throw new PatternError(this.source, 'it is too large once its repetitions are written out');
    switch (node.kind) {
      case 'char':
        this.into.push({ op: 'char', test: node.test });
        return;
      case 'assert':
        this.into.push({ op: 'assert', holds: node.holds });
        return;
      case 'sequence':
        for (const part of node.parts) this.compile(part);
        return;
      case 'group': {
        const reported = node.name !== null && node.name === this.group;
        if (reported) this.into.push({ op: 'save', end: false });
        this.compile(node.body);
        if (reported) this.into.push({ op: 'save', end: true });
        return;
      }
      case 'look': {
        const behind = node.behind ? this.fixedWidth(node.body) : null;
        this.into.push({ op: 'look', program: this.program(node.body), negative: node.negative, behind });
        return;
      }
      case 'choice':
        return this.compileChoice(node.options);
      case 'repeat':
        return this.compileRepeat(node);
    }
  }

  private compileChoice(options: readonly Node[]): void {
    const { into } = this;
    const ends: number[] = [];
    options.forEach((option, index) => {
      const split = into.length;
      const last = index === options.length - 1;
      if (!last) into.push({ op: 'jump', to: 0 });
      this.compile(option);
      if (last) return;
      ends.push(into.length);
      into.push({ op: 'jump', to: 0 });
      into[split] = { op: 'split', first: split + 1, second: into.length };
    });
    for (const end of ends) into[end] = { op: 'jump', to: into.length };
  }

  private compileRepeat({ body, min, max, lazy }: Extract<Node, { kind: 'repeat' }>): void {
    const { into } = this;
    const fork = (at: number, past: number): Instruction =>
      lazy ? { op: 'split', first: past, second: at + 1 } : { op: 'split', first: at + 1, second: past };
    for (let count = 0; count < min; count++) this.compile(body);
    if (max === null) {
      const start = into.length;
      into.push({ op: 'match' });
      this.compile(body);
      into.push({ op: 'jump', to: start });
      into[start] = fork(start, into.length);
      return;
    }
    const forks: number[] = [];
    for (let count = min; count < max; count++) {
      forks.push(into.length);
      into.push({ op: 'match' });
      this.compile(body);
    }
    for (const at of forks) into[at] = fork(at, into.length);
  }

  /** Number of characters that a look-behind matches: Python accepts only a fixed width. */
  private fixedWidth(node: Node): number {
    switch (node.kind) {
      case 'char':
        return 1;
      case 'assert':
      case 'look':
        return 0;
      case 'group':
        return this.fixedWidth(node.body);
      case 'sequence':
        return node.parts.reduce((sum, part) => sum + this.fixedWidth(part), 0);
      case 'repeat':
        if (node.max === node.min) return node.min * this.fixedWidth(node.body);
        break;
      case 'choice': {
        const widths = new Set(node.options.map((option) => this.fixedWidth(option)));
        if (widths.size === 1) return [...widths][0] ?? 0;
      }
    }
    throw new PatternError(this.source, 'a look-behind needs a fixed width');
  }
}
