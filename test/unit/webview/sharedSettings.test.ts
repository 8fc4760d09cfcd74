import { strict as assert } from 'node:assert';
import type { BudgetInputs, BudgetReport } from '../../../src/protocol/calculator';
import type { PlanInputs } from '../../../src/protocol/plan';
import { isShared, sharedSettings, withShared } from '../../../webview-ui/calculator/plan/sharedSettings';

const PLAN = {
  peftType: 'LORA',
  values: [
    ['lora_dropout', '0.1'],
    ['r', '4'],
  ],
  targets: ['all-linear'],
} as const;
const plan = (changes: Partial<PlanInputs> = {}): PlanInputs => ({ ...PLAN, ...changes }) as unknown as PlanInputs;
const shared = sharedSettings(
  { method: { rank: '16', alpha: '' } } as unknown as BudgetInputs,
  {
    targets: [
      { name: 'q_proj', chosen: true },
      { name: 'k_proj', chosen: false },
    ],
  } as unknown as BudgetReport,
);

describe('the settings that the calculator and the plan share', () => {
  it("are the calculator's rank, alpha and targets, and the plan's own others", () => {
    const { values, targets } = withShared(plan(), shared);
    assert.deepEqual(values, [
      ['lora_dropout', '0.1'],
      ['r', '16'],
    ]);
    assert.deepEqual(targets, ['q_proj']);
  });

  it('leave the plan of another method, and a plan before the first report, as they are', () => {
    const other = plan({ peftType: 'LOHA' });
    assert.equal(withShared(other, shared), other);
    assert.deepEqual(withShared(plan(), null), plan());
    assert.deepEqual([isShared('LORA', 'r'), isShared('LOHA', 'r'), isShared('LORA', 'bias')], [true, false, false]);
  });
});
