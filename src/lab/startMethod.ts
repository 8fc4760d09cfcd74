/** Puts a method on the base model, ready to train, and takes its adapters back in the form in which they are saved. */

import { freshBottleneck } from '../model/adapters/freshBottleneck';
import { startedPeft } from '../model/adapters/startedPeft';
import type { NamedTensors } from '../model/buildModel';
import { openModel } from '../model/openModel';
import type { ModelOptions, OpenModel } from '../model/openModel';
import { PrefixGenerator } from '../model/prefixGenerator';
import type { RawConfig } from '../peftConfig/configValues';
import { PrefixMLP } from '../peft/prefixMlp';
import type { Random } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';
import { BASE_CONFIG } from './baseModel';
import type { LabBottleneck, MethodPlan } from './methods';

/** An adapter as it is saved. */
export interface SavedLabAdapter {
  readonly config: RawConfig;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The name of the file of tensors, if it is not PEFT's. */
  readonly weightsName?: string;
}

/** What the saved config says of its base model. */
const BASE_NAME = 'peft-inspector/lab-base';

/** AdapterHub's name for the file of tensors. */
const BOTTLENECK_FILE = 'adapter.safetensors';

interface StartOptions {
  readonly plan: MethodPlan;
  /** The base, with its quantisation already undone. */
  readonly base: NamedTensors;
  /** The tokens whose embeddings a prompt starts from, repeated to its length. By default it starts as PEFT draws it. */
  readonly promptTokens?: readonly number[] | undefined;
  readonly random: Random;
}

export interface StartedMethod {
  readonly opened: OpenModel;
  readonly generator: PrefixGenerator | null;
  /** The adapters at the start, none for full fine-tuning. */
  readonly adapters: readonly SavedLabAdapter[];
}

/** @throws the errors of `openModel`. */
export function startMethod({ plan, base, promptTokens, random }: StartOptions): StartedMethod {
  const adapters = plan.bottleneck
    ? [startedBottleneck(plan.bottleneck, random)]
    : (plan.peft ?? []).map((config) =>
        startedPeft({ config: BASE_CONFIG, tensors: base, path: BASE_NAME }, config, random),
      );
  if (promptTokens) for (const { tensors } of adapters) startFromTokens(tensors, promptTokens, base);
  const [first, second] = adapters;
  const options: ModelOptions = {
    config: BASE_CONFIG,
    tensors: base,
    adapterConfig: first?.config,
    adapterTensors: plan.bottleneck ? withoutBiases(first!.tensors) : first?.tensors,
    secondAdapter: second,
  };
  const opened = openModel(options, random);
  return { opened, generator: plan.generatesPrefix ? prefixGenerator(opened, random) : null, adapters };
}

function startedBottleneck({ bottleneckDim, parallel }: LabBottleneck, random: Random): SavedLabAdapter {
  const options = { config: BASE_CONFIG, bottleneckDim, parallel, afterAttention: !parallel, random };
  const { tensors, adapterConfig } = freshBottleneck(options);
  return { config: adapterConfig, tensors, weightsName: BOTTLENECK_FILE };
}

/** The lab's bottlenecks have no biases, as in the budget. AdapterHub's files hold them, and they stay at zero. */
function withoutBiases(tensors: SavedLabAdapter['tensors']): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.endsWith('.bias')));
}

function startFromTokens(
  { prompt_embeddings: prompt }: SavedLabAdapter['tensors'],
  tokens: readonly number[],
  base: NamedTensors,
): void {
  const words = base['model.embed_tokens.weight']!;
  const width = BASE_CONFIG.hidden_size;
  for (let i = 0; prompt && i < prompt.shape[0]!; i++) {
    const at = tokens[i % tokens.length]! * width;
    prompt.data.set(words.data.subarray(at, at + width), i * width);
  }
}

/** The MLP is as wide as the model, PEFT's default. */
function prefixGenerator(opened: OpenModel, random: Random): PrefixGenerator {
  const { hidden_size: width, num_hidden_layers: numLayers, num_attention_heads: numHeads } = BASE_CONFIG;
  const { prefixLength } = opened.model.parts;
  const sizes = { numLayers, numHeads, dHead: width / numHeads, prefixLength, embeddingDim: width, hiddenDim: width };
  return new PrefixGenerator(new PrefixMLP({ ...sizes, random }), opened.parameters[0]!);
}

/** The adapters with their current tensors. */
export function savedAdapters(
  { adapters }: StartedMethod,
  current: Readonly<Record<string, Tensor>>,
): readonly SavedLabAdapter[] {
  return adapters.map((adapter) => ({
    ...adapter,
    tensors: Object.fromEntries(Object.entries(adapter.tensors).map(([name, start]) => [name, current[name] ?? start])),
  }));
}
