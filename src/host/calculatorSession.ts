import type { BudgetInputs, CalculatorReport, CalculatorRequests } from '../protocol/calculator';
import type { PlanInputs } from '../protocol/plan';
import type { Handlers } from '../protocol/rpc';
import { readInputs } from './budgetInputs';
import type { BudgetServices, BudgetSessionEvents } from './budgetSession';
import { BudgetSession } from './budgetSession';
import { readPlan } from './planInputs';

/** Stores the plan between sessions. */
export interface PlanStore {
  read(): PlanInputs;
  write(plan: PlanInputs): void;
}

type CountingRequests = 'budget/ready' | 'plan/ready' | 'calculator/compute' | 'plan/fit';

/** Holds the calculator's inputs and plan, and answers the requests of its page. */
export class CalculatorSession extends BudgetSession {
  constructor(
    services: BudgetServices,
    inputs: BudgetInputs,
    private readonly plans: PlanStore,
    events: BudgetSessionEvents,
  ) {
    super(services, inputs, events);
  }

  countingHandlers(): Pick<Handlers<CalculatorRequests>, CountingRequests> {
    return {
      ...this.handlers(),
      'plan/ready': async () => ({
        choices: await this.services.planner.request('plan/choices', {}),
        plan: this.plans.read(),
      }),
      'calculator/compute': (changes) => this.compute(changes),
      'plan/fit': async () => this.services.planner.request('plan/fit', await this.question(this.plans.read())),
    };
  }

  private async compute(changes: Parameters<CalculatorRequests['calculator/compute']>[0]): Promise<CalculatorReport> {
    if (changes.plan) this.plans.write(readPlan(changes.plan));
    const inputs = changes.inputs && readInputs(changes.inputs);
    if (inputs) this.store(inputs);
    const question = await this.question(this.plans.read());
    const report = await this.services.planner.request('calculator/compute', {
      ...question,
      budget: inputs !== undefined,
    });
    if (inputs && report.budget) this.announce(inputs, report.budget);
    return report;
  }
}
