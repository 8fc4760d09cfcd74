/** Requests counts from the host, one request at a time. No DOM. */

import type { BudgetInputs, BudgetReport, CalculatorReport } from '../../src/protocol/calculator';
import type { PlanFit, PlanInputs, PlanReport } from '../../src/protocol/plan';
import type { Timers } from '../shared/timers';

interface Changes {
  readonly inputs?: BudgetInputs;
  readonly plan?: PlanInputs;
}

interface AnswersHost {
  compute(changes: Changes): Promise<CalculatorReport>;
  fit(): Promise<PlanFit>;
}

interface Shown {
  budget(report: BudgetReport): void;
  plan(report: PlanReport): void;
  fit(fit: PlanFit): void;
  /** Errors of the host. A report names the user's own errors. */
  failed(error: unknown): void;
}

/** The search for what fits takes ten times as long as the counts, so it waits until typing rests. */
const FIT_DELAY_MS = 250;

/**
 * Each change is one request and one reply. Changes made while a request is under way go out together in the next one,
 * and its reply replaces the overtaken one.
 */
export class Answers {
  private waiting: Changes | null = null;
  private asking = false;
  private changes = 0;
  private timer = 0;

  constructor(
    private readonly host: AnswersHost,
    private readonly shown: Shown,
    private readonly timers: Timers,
  ) {}

  change(changes: Changes): void {
    this.changes++;
    this.waiting = { ...this.waiting, ...changes };
    if (!this.asking) void this.ask();
  }

  private async ask(): Promise<void> {
    this.asking = true;
    for (let changes = this.next(); changes; changes = this.next()) {
      try {
        this.show(await this.host.compute(changes));
      } catch (error) {
        this.shown.failed(error);
      }
    }
    this.asking = false;
  }

  private next(): Changes | null {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }

  private show({ budget, plan }: CalculatorReport): void {
    if (budget && !this.waiting?.inputs) this.shown.budget(budget);
    if (this.waiting) return;
    this.shown.plan(plan);
    this.timers.clear(this.timer);
    this.timer = this.timers.set(() => void this.fit(), FIT_DELAY_MS);
  }

  private async fit(): Promise<void> {
    const asked = this.changes;
    try {
      const fit = await this.host.fit();
      if (asked === this.changes) this.shown.fit(fit);
    } catch (error) {
      this.shown.failed(error);
    }
  }
}
