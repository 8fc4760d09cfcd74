import type * as vscode from 'vscode';
import type { BudgetEvents, BudgetInputs, BudgetReport, BudgetRequests } from '../protocol/calculator';
import type { Handlers } from '../protocol/rpc';
import { readInputs } from './budgetInputs';
import { computeReport } from './budgetReport';
import type { ModelConfigs } from './modelConfigs';

/** The inputs of one view, the calculator or a comparison, and the answers to them. */
export class BudgetSession implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly configs: ModelConfigs,
    private current: BudgetInputs,
    private readonly events: {
      /** The inputs changed; `report` is what they came to. */
      readonly changed: (inputs: BudgetInputs, report: BudgetReport) => void;
      /** The models of the workspace changed. */
      readonly modelsChanged: (payload: BudgetEvents['models/changed']) => void;
    },
  ) {
    this.subscription = configs.onDidChange(async () => {
      const models = await configs.choices(this.current.model);
      this.events.modelsChanged({ models, report: await this.report(this.current) });
    });
  }

  get inputs(): BudgetInputs {
    return this.current;
  }

  handlers(): Handlers<BudgetRequests> {
    return {
      'budget/ready': async () => {
        const [models, report] = await Promise.all([
          this.configs.choices(this.current.model),
          this.report(this.current),
        ]);
        return { models, inputs: this.current, report };
      },
      'budget/compute': ({ inputs }) => this.set(readInputs(inputs)),
    };
  }

  async set(inputs: BudgetInputs): Promise<BudgetReport> {
    this.current = inputs;
    const report = await this.report(inputs);
    if (this.current === inputs) this.events.changed(inputs, report);
    return report;
  }

  async report(inputs: BudgetInputs): Promise<BudgetReport> {
    return computeReport(inputs, await this.configs.model(inputs));
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
