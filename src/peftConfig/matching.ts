/**
 * The pattern matching of one request. A stranger writes the patterns and the names, so all patterns of a request share
 * one budget of steps, whatever key of a config they come from. Beyond the budget a pattern counts as not matched, and
 * `problems` says so.
 *
 * Results are remembered, so that a request can stop after a slice of time, let other requests run, and start again:
 * see `PacedMatching`. The current matching is a variable of this module and not an argument, because every pattern
 * then spends the request's steps, and no caller can forget to pass them on.
 */

import { SliceOver } from './errors';
import { quoted } from './quoted';

/** A quarter of a second. The longest published patterns take 700 steps a name, and models have 10,000 modules at most. */
const MAX_STEPS = 10_000_000;
/** One pattern on one name cannot be interrupted, so it gets about 20 ms. */
const MAX_STEPS_AT_ONCE = 1_000_000;
/** Cost of a remembered result, in steps. This bounds their number. */
const STEPS_OF_RESULT = 50;

/** Results by name, for one pattern or list of patterns. */
type Results = Map<string, unknown>;

export class Matching {
  /** Negative once they are used up. */
  private left: number;
  private readonly scopes = new Map<string, Results>();
  private readonly reasons = new Map<string, string>();
  private sliceMs = Infinity;
  /** Set by the first new result of a slice: without one, the next slice would stop at the same place. */
  private sliceEnd: number | null = null;

  constructor(private readonly most = MAX_STEPS) {
    this.left = most;
  }

  /** What counts as not matched, and why; one sentence for each reason. */
  get problems(): readonly string[] {
    return [...this.reasons.values()];
  }

  get stepsLeft(): number {
    return this.left;
  }

  /** True if the steps are used up: nothing matches from now on. */
  get isExhausted(): boolean {
    return this.left < 0;
  }

  /** The steps that one pattern may take on its next name. */
  get stepsAtOnce(): number {
    return Math.min(this.left, MAX_STEPS_AT_ONCE);
  }

  /** False if the steps are used up. */
  spend(steps: number, pattern: string): boolean {
    this.left -= steps;
    if (this.left >= 0) return true;
    this.report(
      'steps',
      `matching takes more than ${this.most} steps: pattern ${quoted(pattern)} and all that come after it count as ` +
        'not matched',
    );
    return false;
  }

  /** Keeps the first sentence for each reason. */
  report(reason: string, problem: string): void {
    if (!this.reasons.has(reason)) this.reasons.set(reason, problem);
  }

  /** The results of everything that `scope` names; equal scopes must give equal results. */
  results(scope: string): Results {
    const known = this.scopes.get(scope) ?? new Map<string, unknown>();
    this.scopes.set(scope, known);
    return known;
  }

  /**
   * The remembered result for the name, or that of `find`. Throws `SliceOver` before new work if the slice is over.
   */
  once<T>(results: Results, name: string, find: () => T): T {
    const known = results.get(name);
    if (known !== undefined) return known as T;
    if (this.sliceMs < Infinity) {
      const now = performance.now();
      if (this.sliceEnd === null) this.sliceEnd = now + this.sliceMs;
      else if (now >= this.sliceEnd) throw new SliceOver();
    }
    this.left -= STEPS_OF_RESULT;
    const found = find();
    results.set(name, found);
    return found;
  }

  /** Runs `work` with this matching as the current one. Throws `SliceOver` once new results have taken `ms`. */
  run<T>(work: () => T, ms = Infinity): T {
    const before = enter(this);
    this.sliceMs = ms;
    this.sliceEnd = null;
    try {
      return work();
    } finally {
      enter(before);
      this.sliceMs = Infinity;
    }
  }
}

let current: Matching | null = null;

/** Makes it the current matching. Returns the one before. */
function enter(matching: Matching | null): Matching | null {
  const before = current;
  current = matching;
  return before;
}

/** The matching of the request that is running, or a new one for whoever asks outside a request. */
export function currentMatching(): Matching {
  return current ?? new Matching();
}

/** Runs `work` in the current matching, or in a new one for all of `work`. */
export function inOneMatching<T>(work: (matching: Matching) => T): T {
  const matching = currentMatching();
  return matching === current ? work(matching) : matching.run(() => work(matching));
}
