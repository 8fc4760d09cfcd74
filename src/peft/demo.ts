/**
 * The demo: every method on a synthetic layer, one forward and one backward pass and then training towards something
 * that it can learn. The text follows the reference document and the tensors are what the inspector shows. Every number
 * in either comes from the run.
 */

import { DEFAULT_SEED, seededRandom } from '../tensor/random';
import { runAdapter } from './demoAdapter';
import { runLora } from './demoLora';
import { runPrefix } from './demoPrefix';
import { runPrompt } from './demoPrompt';
import type { DemoResult } from './demoResult';
import { demoText } from './demoText';
import type { RecordingOptions } from './trainingRecord';

/** The methods in the order in which they run. */
const METHODS = ['LoRA', 'the adapter', 'the prefix', 'the prompt'] as const;

export interface DemoOptions {
  /** The same seed gives the same numbers. Default 42. */
  readonly seed?: number;
  /** Optimiser steps that train each method. 0 skips the training. Default 300. */
  readonly trainingSteps?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DemoProgress) => void) | undefined;
}

export interface DemoProgress {
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

/**
 * Runs the demo. It yields to the event loop often, and rejects with the signal's reason when the signal aborts.
 * @throws ArgumentError if the seed is not finite or the number of steps is not an integer of at least 0.
 */
export async function runDemo(options: DemoOptions = {}): Promise<DemoResult> {
  const { seed = DEFAULT_SEED, trainingSteps = 300, signal, onProgress } = options;
  // Each method has its own source, so that its numbers do not depend on how many another method drew.
  const random = seededRandom(seed);
  const sources = Array.from({ length: 4 }, () => seededRandom(random()));
  const total = METHODS.length * (trainingSteps + 1);
  const recording = (index: number): RecordingOptions => ({
    steps: trainingSteps,
    signal,
    onStep: (step) => {
      const message = `training ${METHODS[index]}: step ${step} of ${trainingSteps}`;
      onProgress?.({ done: index * (trainingSteps + 1) + step + 1, total, message });
    },
  });
  onProgress?.({ done: 0, total, message: 'running every method' });
  const lora = await runLora(sources[0]!, recording(0));
  const adapter = await runAdapter(sources[1]!, recording(1));
  const prefix = await runPrefix(sources[2]!, recording(2));
  const prompt = await runPrompt(sources[3]!, recording(3));
  return { seed, text: demoText({ lora, adapter, prompt }), lora, adapter, prefix, prompt };
}
