import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DEFAULT_INPUTS } from '../../../src/host/budgetInputs';
import { CalculatorSession } from '../../../src/host/calculatorSession';
import { readPlan } from '../../../src/host/planInputs';
import type { BudgetInputs, CalculatorRequests, BudgetReport } from '../../../src/protocol/calculator';
import type { ReportModel } from '../../../src/protocol/models';
import type { PlanFit, PlanInputs, PlanReport } from '../../../src/protocol/plan';
import type { PlannerQuestions, PlannerRequests } from '../../../src/protocol/planner';
import { packJson } from '../../../src/worker/packDescription';
import { hostFiles } from '../../../src/planner/hostFiles';
import type { Handlers } from '../../../src/protocol/rpc';
import { Endpoint } from '../../../src/protocol/rpc';
import { Answers } from '../../../webview-ui/calculator/answers';
import { plannerJobs } from '../planner/plannerCaller';
import { TestHost } from '../planner/testHost';
import type { Wire } from '../protocol/transportPair';
import { transportPair } from '../protocol/transportPair';
import { TestTimers } from '../webview/testTimers';

type Nothing = Record<never, never>;

/** A config as large as published ones get: its label map has tens of thousands of entries. */
const LABELS = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [String(index), `LABEL_${index}`]));
const GPT2 = { model_type: 'gpt2', vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, id2label: LABELS };

/** Limits on the request and reply of a keystroke. The replies hold two reports of about four kilobytes each. */
const MAX_REQUEST_BYTES = 2_000;
const MAX_REPLY_BYTES = 16_000;

const rank = (value: string): BudgetInputs => ({
  ...DEFAULT_INPUTS,
  method: { ...DEFAULT_INPUTS.method, rank: value },
});

/** The page, the host and the planner joined by counted channels. */
class CalculatorChain {
  readonly timers = new TestTimers();
  readonly budgets: BudgetReport[] = [];
  readonly plans: PlanReport[] = [];
  readonly fits: PlanFit[] = [];
  readonly failures: unknown[] = [];
  readonly answers: Answers;
  readonly wires: readonly Wire[];
  private plan: PlanInputs = readPlan({});
  private settled: () => void = () => undefined;

  constructor(model: ReportModel, host = new TestHost()) {
    const [nearPlanner, planner, plannerWire] = transportPair();
    const [page, nearPage, pageWire] = transportPair();
    this.wires = [pageWire, plannerWire];
    const questions: Handlers<PlannerQuestions> = {
      'file/read': async ({ uri }) => {
        const bytes = new TextEncoder().encode((await host.readText(uri))?.text);
        return { bytes, size: bytes.length, modified: 1 };
      },
      'weights/summarise': async ({ uri }) => {
        const weights = await host.weights(uri);
        return weights && packJson(weights);
      },
    };
    const thread: Endpoint<PlannerQuestions, PlannerRequests> = new Endpoint(
      planner,
      plannerJobs(hostFiles((method, params, options) => thread.request(method, params, options))),
    );
    const session = new CalculatorSession(
      {
        planner: new Endpoint<PlannerRequests, PlannerQuestions>(nearPlanner, questions),
        configs: {
          onDidChange: () => ({ dispose: () => undefined }),
          choices: async () => [],
          model: async () => model,
        },
      },
      DEFAULT_INPUTS,
      { read: () => this.plan, write: (plan) => (this.plan = plan) },
      { changed: () => undefined, modelsChanged: () => undefined },
    );
    const unasked = (): never => assert.fail('a keystroke neither copies, saves nor runs a command');
    new Endpoint<Nothing, CalculatorRequests>(nearPage, {
      ...session.countingHandlers(),
      'plan/copy': unasked,
      'plan/save': unasked,
      'calculator/run': unasked,
    });
    const view = new Endpoint<CalculatorRequests, Nothing>(page, {});
    const taken = <T>(list: T[]) => {
      return (item: T): void => {
        list.push(item);
        this.settled();
      };
    };
    this.answers = new Answers(
      {
        compute: (changes) => view.request('calculator/compute', changes),
        fit: () => view.request('plan/fit', {}),
      },
      {
        budget: (report) => this.budgets.push(report),
        plan: taken(this.plans),
        fit: taken(this.fits),
        failed: taken(this.failures),
      },
      this.timers,
    );
  }

  get messages(): Wire['messages'] {
    return this.wires.flatMap(({ messages }) => messages);
  }

  get kinds(): string[] {
    return this.wires.flatMap(({ messages }) => messages.map(({ message }) => message.kind));
  }

  /** Runs `act` and waits for the next plan, fit or failure. */
  async after(act: () => void): Promise<void> {
    this.wires.forEach(({ messages }) => messages.splice(0));
    const done = new Promise<void>((resolve) => (this.settled = resolve));
    act();
    await done;
    assert.deepEqual(this.failures, []);
  }
}

describe('a keystroke in the calculator', () => {
  let folder: string;
  let file: ReportModel;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-calculator-'));
    const config = path.join(folder, 'config.json');
    writeFileSync(config, JSON.stringify(GPT2));
    file = { kind: 'file', title: 'gpt2', path: config };
  });
  after(() => rmSync(folder, { recursive: true }));

  const sizes = ({ messages }: CalculatorChain, kind: 'request' | 'reply'): number[] =>
    messages.filter(({ message }) => message.kind === kind).map(({ bytes }) => bytes);

  it('is one request and one reply on each channel', async () => {
    const chain = new CalculatorChain(file);
    await chain.after(() => chain.answers.change({ inputs: rank('16') }));
    assert.deepEqual(chain.kinds, ['request', 'reply', 'request', 'reply']);
    assert.equal(chain.budgets[0]?.methods.find(({ method }) => method === 'lora')?.parameters, 12 * 16 * (768 + 2304));
    await chain.after(() => chain.answers.change({ plan: readPlan({ values: [['r', '4']] }) }));
    assert.deepEqual(chain.kinds, ['request', 'reply', 'request', 'reply']);
    assert.equal(chain.plans.at(-1)?.counts?.trainable, 12 * 4 * (768 + 2304));
    assert.equal(chain.budgets.length, 1, 'a change of the plan does not count the methods again');
  });

  it("sends what was typed, never the model's config", async () => {
    const chain = new CalculatorChain(file);
    await chain.after(() => chain.answers.change({ inputs: rank('16'), plan: readPlan({}) }));
    assert.ok(Math.max(...sizes(chain, 'request')) < MAX_REQUEST_BYTES, String(sizes(chain, 'request')));
    assert.ok(Math.max(...sizes(chain, 'reply')) < MAX_REPLY_BYTES, String(sizes(chain, 'reply')));
  });

  it('makes the planner ask for a config once, if only the editor can read it', async () => {
    const host = new TestHost();
    const chain = new CalculatorChain(host.document('gpt2', GPT2), host);
    await chain.after(() => chain.answers.change({ inputs: rank('16') }));
    assert.equal(chain.messages.length, 6);
    await chain.after(() => chain.answers.change({ inputs: rank('4') }));
    assert.equal(chain.messages.length, 4);
    assert.equal(host.asked.length, 1);
    assert.ok(Math.max(...sizes(chain, 'request')) < MAX_REQUEST_BYTES);
  });

  it('is sent together with later ones while a request is pending, and only the last result is shown', async () => {
    const chain = new CalculatorChain(file);
    await chain.after(() => {
      for (const each of ['1', '12', '128']) chain.answers.change({ inputs: rank(each) });
      chain.answers.change({ plan: readPlan({ values: [['r', '2']] }) });
    });
    assert.equal(chain.messages.length, 8);
    assert.deepEqual(
      chain.budgets.map(({ growth }) => growth[0]?.current),
      [128],
    );
    assert.equal(chain.plans.length, 1);
  });

  it('starts the search for what fits only once typing pauses', async () => {
    const chain = new CalculatorChain(file);
    await chain.after(() => chain.answers.change({ inputs: rank('16') }));
    chain.timers.pass(200);
    await chain.after(() => chain.answers.change({ inputs: rank('8') }));
    chain.timers.pass(200);
    assert.equal(chain.messages.length, 4);
    await chain.after(() => chain.timers.pass(100));
    assert.deepEqual(chain.kinds, ['request', 'reply', 'request', 'reply']);
    assert.ok((chain.fits[0]?.fits.length ?? 0) > 0);
  });
});
