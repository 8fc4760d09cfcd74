import type * as vscode from 'vscode';
import type {
  BudgetEvents,
  BudgetInputs,
  BudgetReport,
  BudgetRequests,
  BudgetSnapshot,
  ModelChoice,
} from '../protocol/calculator';
import type { ReportModel } from '../protocol/models';
import type { PlanInputs, PlanSweep } from '../protocol/plan';
import type { PlanQuestion } from '../protocol/planner';
import type { Handlers } from '../protocol/rpc';
import type { PlannerClient } from './workerClient';

/** What every budget view needs. */
export interface BudgetServices {
  readonly configs: {
    readonly onDidChange: vscode.Event<void>;
    choices(current: string): Promise<ModelChoice[]>;
    model(inputs: BudgetInputs): Promise<ReportModel>;
  };
  readonly planner: Pick<PlannerClient, 'request'>;
}

export interface BudgetSessionEvents {
  /** The inputs changed. `report` is the count of the new inputs. */
  readonly changed: (inputs: BudgetInputs, report: BudgetReport) => void;
  /** The models of the workspace changed. */
  readonly modelsChanged: (payload: BudgetEvents['models/changed']) => void;
}

/** The inputs of one view (the calculator or a comparison) and their reports. */
export class BudgetSession implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  constructor(
    protected readonly services: BudgetServices,
    private current: BudgetInputs,
    private readonly events: BudgetSessionEvents,
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
    return { 'budget/ready': () => this.snapshot() };
  }

  async set(inputs: BudgetInputs): Promise<BudgetReport> {
    this.store(inputs);
    const report = await this.report(inputs);
    this.announce(inputs, report);
    return report;
  }

  /** All that a view shows. Its parts belong to the same inputs, and the models include the chosen one. */
  async snapshot(): Promise<BudgetSnapshot> {
    const inputs = this.current;
    const [models, report] = await Promise.all([this.services.configs.choices(inputs.model), this.report(inputs)]);
    return this.current === inputs ? { models, inputs, report } : this.snapshot();
  }

  async report(inputs: BudgetInputs): Promise<BudgetReport> {
    const { configs, planner } = this.services;
    return planner.request('budget/report', { inputs, model: await configs.model(inputs) });
  }

  async sweep(plan: PlanInputs): Promise<PlanSweep> {
    return this.services.planner.request('plan/sweep', await this.question(plan));
  }

  dispose(): void {
    this.subscription.dispose();
  }

  protected store(inputs: BudgetInputs): void {
    this.current = inputs;
  }

  /** Reports the count unless newer inputs were stored meanwhile. */
  protected announce(inputs: BudgetInputs, report: BudgetReport): void {
    if (this.current === inputs) this.events.changed(inputs, report);
  }

  protected async question(plan: PlanInputs): Promise<PlanQuestion> {
    return { plan, inputs: this.current, model: await this.services.configs.model(this.current) };
  }
}
