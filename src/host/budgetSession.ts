import type * as vscode from 'vscode';
import type { BudgetEvents, BudgetInputs, BudgetReport, BudgetRequests, BudgetSnapshot } from '../protocol/calculator';
import type { PlanFit, PlanInputs, PlanReport, PlanSweep } from '../protocol/plan';
import type { PlanQuestion } from '../protocol/planner';
import type { Handlers } from '../protocol/rpc';
import { readInputs } from './budgetInputs';
import type { ModelConfigs } from './modelConfigs';
import type { PlannerClient } from './workerClient';

/** What every view of budgets needs. */
export interface BudgetServices {
  readonly configs: ModelConfigs;
  readonly planner: PlannerClient;
}

/** The inputs of one view, the calculator or a comparison, and the answers to them. */
export class BudgetSession implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly services: BudgetServices,
    private current: BudgetInputs,
    private readonly events: {
      /** The inputs changed; `report` is what they came to. */
      readonly changed: (inputs: BudgetInputs, report: BudgetReport) => void;
      /** The models of the workspace changed. */
      readonly modelsChanged: (payload: BudgetEvents['models/changed']) => void;
    },
  ) {
    this.subscription = services.configs.onDidChange(async () => {
      const models = await services.configs.choices(this.current.model);
      this.events.modelsChanged({ models, report: await this.report(this.current) });
    });
  }

  get inputs(): BudgetInputs {
    return this.current;
  }

  handlers(): Handlers<BudgetRequests> {
    return {
      'budget/ready': () => this.snapshot(),
      'budget/compute': ({ inputs }) => this.set(readInputs(inputs)),
    };
  }

  async set(inputs: BudgetInputs): Promise<BudgetReport> {
    this.current = inputs;
    const report = await this.report(inputs);
    if (this.current === inputs) this.events.changed(inputs, report);
    return report;
  }

  /** All that a view shows, of one state of the inputs: the models to pick from include theirs. */
  async snapshot(): Promise<BudgetSnapshot> {
    const inputs = this.current;
    const [models, report] = await Promise.all([this.services.configs.choices(inputs.model), this.report(inputs)]);
    return this.current === inputs ? { models, inputs, report } : this.snapshot();
  }

  async report(inputs: BudgetInputs): Promise<BudgetReport> {
    const { configs, planner } = this.services;
    return planner.request('budget/report', { inputs, model: await configs.model(inputs) });
  }

  async plan(plan: PlanInputs): Promise<PlanReport> {
    return this.services.planner.request('plan/report', await this.question(plan));
  }

  async fit(plan: PlanInputs): Promise<PlanFit> {
    return this.services.planner.request('plan/fit', await this.question(plan));
  }

  async sweep(plan: PlanInputs): Promise<PlanSweep> {
    return this.services.planner.request('plan/sweep', await this.question(plan));
  }

  private async question(plan: PlanInputs): Promise<PlanQuestion> {
    return { plan, inputs: this.current, model: await this.services.configs.model(this.current) };
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
