import { strict as assert } from 'node:assert';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { estimateTrainingMemory } from '../../../src/budget/memory/training';
import type { TrainingMemory } from '../../../src/budget/memory/terms';
import type { GoldenModel } from './goldenModels';
import { readGolden } from './goldenModels';

/** Peak of the live storages in a training step of PEFT and transformers on the meta device (memory_simulated.py). */
interface SimulatedStep {
  readonly model: string;
  readonly adapter: RawConfig | null;
  readonly setup: Record<string, unknown>;
  readonly trainable: number;
  readonly peak: number;
}

/** The loss and the blocks are modelled tensor by tensor. Only small tensors of single methods differ. */
const TOLERANCE = 0.015;

describe('memory compared with the storages that real PEFT models keep', () => {
  const configs = new Map(readGolden<GoldenModel>('model_tables.json').map(({ model, config }) => [model, config]));
  const steps = readGolden<SimulatedStep>('memory_simulated.json');

  it('covers eleven families and thirty-three methods', () => {
    assert.ok(new Set(steps.map(({ model }) => configs.get(model)?.['model_type'])).size >= 11);
    assert.ok(new Set(steps.map(({ adapter }) => adapter?.['peft_type'] ?? null)).size >= 34);
  });

  for (const step of steps) {
    const config = configs.get(step.model);
    it(`is within 1.5 % for ${nameOf(step)}`, () => {
      const estimate = estimateTrainingMemory(config, step.adapter, step.setup);
      const error = peakOf(estimate) / step.peak - 1;
      assert.equal(estimate.trainable, step.trainable);
      assert.ok(
        Math.abs(error) < TOLERANCE,
        `${peakOf(estimate)}, recorded ${step.peak}: ${(100 * error).toFixed(2)} %`,
      );
    });
  }

  it('has a median error under 0.1 %', () => {
    const errors = steps
      .map(({ model, adapter, setup, peak }) =>
        Math.abs(peakOf(estimateTrainingMemory(configs.get(model), adapter, setup)) / peak - 1),
      )
      .sort((a, b) => a - b);
    assert.ok((errors[errors.length >> 1] ?? 1) < 0.001);
  });
});

/** The optimiser's own step was not recorded. */
function peakOf({ phases }: TrainingMemory): number {
  return Math.max(...phases.filter(({ id }) => id !== 'step').map(({ bytes }) => bytes));
}

function nameOf({ model, adapter, setup }: SimulatedStep): string {
  const method = adapter === null ? 'full fine-tuning' : JSON.stringify(adapter).replace(/["{}]/g, '');
  return `${model}, ${method}, ${JSON.stringify(setup).replace(/["{}]/g, '')}`;
}
