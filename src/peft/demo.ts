/**
 * The demo: one forward and one backward pass of every method on a synthetic layer, then training of the LoRA layer
 * towards a planted change. The text follows the reference document and the tensors are what the inspector shows. Every
 * number in either comes from the run.
 */

import { DEFAULT_SEED, seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { addScaled } from '../tensor/elementwise';
import { matmulNT } from '../tensor/matmul';
import { flattenTokens, Tensor } from '../tensor/tensor';
import { Adapter } from './adapter';
import { hiddenStates, plantedChange, pretrainedWeight, PLANTED_RANK, queriesAndKeys } from './demoInputs';
import type { DemoAdapter, DemoAttention, DemoLora, DemoPrefix, DemoPrompt, DemoResult } from './demoResult';
import { demoText } from './demoText';
import { LoRALayer } from './lora';
import { meanSquaredError } from './loss';
import { prefixAttention } from './prefixAttention';
import { PrefixTuning } from './prefixTuning';
import { PromptTuning } from './promptTuning';
import { trainLora } from './training';

const BATCH = 2;
const SEQUENCE = 16;
const D_MODEL = 256;
/** Layers and heads of the demo's attention. The heads split D_MODEL between them. */
const NUM_LAYERS = 4;
const NUM_HEADS = 8;
/** Magnitude of the largest entries of the planted change. Entries of W are about 1 / sqrt(256) = 0.06. */
const PLANTED_AMPLITUDE = 0.05;
/**
 * Standard deviation of the demo's word embeddings: typical of a trained table, and four times the initial prompt's.
 */
const EMBEDDING_DEVIATION = 0.04;

export interface DemoOptions {
  /** The same seed gives the same numbers. Default 42. */
  readonly seed?: number;
  /** Optimiser steps that train the LoRA layer towards the planted change. 0 skips the training. Default 300. */
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
  const total = trainingSteps + 1;
  onProgress?.({ done: 0, total, message: 'running every method' });
  const adapter = runAdapter(sources[1]!);
  const prefix = runPrefix(sources[2]!);
  const prompt = runPrompt(sources[3]!);
  const lora = await runLora(sources[0]!, trainingSteps, signal, (done) =>
    onProgress?.({ done: done + 1, total, message: `training LoRA: step ${done} of ${trainingSteps}` }),
  );
  return { seed, text: demoText({ lora, adapter, prompt }), lora, adapter, prefix, prompt };
}

async function runLora(
  random: Random,
  trainingSteps: number,
  signal: AbortSignal | undefined,
  onStep: (step: number) => void,
): Promise<DemoLora> {
  const layer = new LoRALayer({ inFeatures: D_MODEL, outFeatures: D_MODEL, random });
  const weight = pretrainedWeight(D_MODEL, D_MODEL, random);
  const plantedDelta = plantedChange(D_MODEL, D_MODEL, PLANTED_AMPLITUDE);
  const x = hiddenStates(BATCH, SEQUENCE, D_MODEL, random);

  const output = layer.forward(x, weight);
  const target = matmulNT(flattenTokens('demo: x', x, D_MODEL), addScaled(weight.clone(), plantedDelta));
  const { gradOutput } = meanSquaredError(output, target.reshape(output.shape));
  const gradInput = layer.backward(gradOutput);

  const training = await trainLora({
    layer,
    weight,
    targetDelta: plantedDelta,
    // Step 0 reuses the batch above, so that the record starts with that forward and backward pass.
    batch: (step) => (step === 0 ? x : hiddenStates(BATCH, SEQUENCE, D_MODEL, random)),
    steps: trainingSteps,
    onStep,
    signal,
  });
  return {
    inFeatures: layer.inFeatures,
    outFeatures: layer.outFeatures,
    rank: layer.rank,
    alpha: layer.alpha,
    scaling: layer.scaling,
    numParameters: layer.numParameters(),
    weight,
    plantedDelta,
    target: `a planted change of rank ${PLANTED_RANK}: two waves and two blocks`,
    x,
    output,
    gradOutput,
    gradInput,
    training,
  };
}

function runAdapter(random: Random): DemoAdapter {
  const adapter = new Adapter({ dModel: D_MODEL, random });
  const x = hiddenStates(BATCH, SEQUENCE, D_MODEL, random);
  const output = adapter.forward(x);
  adapter.backward(meanSquaredError(output, hiddenStates(BATCH, SEQUENCE, D_MODEL, random)).gradOutput);
  const { down, activated } = adapter.cache!;
  return {
    dModel: adapter.dModel,
    bottleneckDim: adapter.bottleneckDim,
    numParameters: adapter.numParameters(),
    wDown: adapter.wDown,
    gradWDown: adapter.gradWDown!,
    wUp: adapter.wUp,
    gradWUp: adapter.gradWUp!,
    input: flattenTokens('demo: adapter input', x, D_MODEL),
    down,
    activated,
    output: flattenTokens('demo: adapter output', output, D_MODEL),
  };
}

function runPrefix(random: Random): DemoPrefix {
  const dHead = D_MODEL / NUM_HEADS;
  const tuning = new PrefixTuning({ numLayers: NUM_LAYERS, numHeads: NUM_HEADS, dHead, random });
  const attention: DemoAttention[] = [];
  for (let layer = 0; layer < NUM_LAYERS; layer++) {
    const { query, key } = queriesAndKeys(BATCH, NUM_HEADS, SEQUENCE, dHead, random);
    const value = Tensor.randn(key.shape, random);
    const [prefixKey, prefixValue] = tuning.getPrefix(layer);
    const inputs = { query, key, value, prefixKey, prefixValue, causal: true };
    const { output, probabilities, backward } = prefixAttention(inputs);
    const { gradOutput } = meanSquaredError(output, Tensor.randn(output.shape, random));
    const { gradPrefixKey, gradPrefixValue } = backward(gradOutput);
    tuning.accumulateGradient(layer, gradPrefixKey, gradPrefixValue);
    attention.push({ layer, query, key, value, output, probabilities });
  }
  return {
    numLayers: tuning.numLayers,
    numHeads: tuning.numHeads,
    dHead: tuning.dHead,
    prefixLength: tuning.prefixLength,
    numParameters: tuning.numParameters(),
    prefix: tuning.prefix,
    gradPrefix: tuning.gradPrefix!,
    attention,
  };
}

function runPrompt(random: Random): DemoPrompt {
  const tuning = new PromptTuning({ dModel: D_MODEL, random });
  const embeddings = hiddenStates(BATCH, SEQUENCE, D_MODEL, random);
  for (let i = 0; i < embeddings.size; i++) embeddings.data[i] = embeddings.data[i]! * EMBEDDING_DEVIATION;
  const output = tuning.forward(embeddings);
  const [, length] = output.shape;
  tuning.backward(meanSquaredError(output, Tensor.randn(output.shape, random, EMBEDDING_DEVIATION)).gradOutput);
  return {
    promptLength: tuning.promptLength,
    sequenceLength: SEQUENCE,
    dModel: tuning.dModel,
    numParameters: tuning.numParameters(),
    prompt: tuning.prompt,
    gradPrompt: tuning.gradPrompt!,
    sequence: Tensor.fromArray(output.data.subarray(0, length! * D_MODEL), [length!, D_MODEL]),
  };
}
