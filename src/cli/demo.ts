/** `peft-inspector demo`: runs every method of the core and prints what the reference document prints. */

import { parseArgs } from 'node:util';
import { runDemo } from '../peft/demo';
import { DEFAULT_SEED } from '../tensor/random';
import { UsageError } from './command';
import type { Command } from './command';

export const demoCommand: Command = {
  name: 'demo',
  synopsis: 'demo [--seed <number>]',
  summary: 'Run LoRA, adapters, prefix tuning and prompt tuning once, forward and backward.',
  options: [`--seed <number>  seed of the synthetic weights and inputs (default ${DEFAULT_SEED})`],
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { seed: { type: 'string' } } });
    const seed = values.seed === undefined ? DEFAULT_SEED : Number(values.seed);
    if (!Number.isFinite(seed) || values.seed?.trim() === '') {
      throw new UsageError(`--seed: expected a number, got '${values.seed}'`);
    }
    // The text does not mention training, so it is skipped.
    return { lines: (await runDemo({ seed, trainingSteps: 0 })).text.split('\n') };
  },
};
