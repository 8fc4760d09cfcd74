/**
 * The methods of the lab. One number, the budget of trained parameters, sets the rank, the length or the bottleneck of
 * each: the largest that the budget allows, and at least 1. Parameters are counted as everywhere else in the product
 * (src/budget).
 */

import { planBottleneckAdapters } from '../budget/adapterPlan';
import { budgetOf } from '../budget/computeBudget';
import type { RawConfig } from '../peftConfig/configValues';
import { readDecoder } from '../model/decoder';
import { ArgumentError, checkPositiveInteger } from '../tensor/errors';
import { BASE_CONFIG } from './baseModel';
import type { BasePrecision } from './quantisedBase';

/** The sizes that a budget sets. A method has those that it needs. */
export interface MethodSizes {
  readonly rank?: number;
  readonly virtualTokens?: number;
  readonly bottleneckDim?: number;
}

export interface LabBottleneck {
  readonly bottleneckDim: number;
  readonly parallel: boolean;
}

/** What a method puts on the model. All are absent for full fine-tuning. */
interface MethodAdapters {
  /** The settings of PEFT adapters; the model runs two at most. */
  readonly peft?: readonly RawConfig[];
  readonly bottleneck?: LabBottleneck;
  /** Whether an MLP generates the prefix during training. */
  readonly generatesPrefix?: boolean;
}

export interface LabMethod {
  readonly name: string;
  readonly title: string;
  /** Learning rates by the kind of the task, for AdamW with 5 % warm-up and a cosine. */
  readonly learningRate: { readonly mapping: number; readonly steering: number };
  /** The precision of the frozen base, if it is not float32. */
  readonly precision?: BasePrecision;
  /** The sizes that a budget allows. */
  readonly sizes: (budget: number) => MethodSizes;
  /** @param alpha LoRA's alpha; `null` for the method's own. */
  readonly adapters: (sizes: MethodSizes, alpha: number | null) => MethodAdapters;
}

export interface MethodPlan extends MethodAdapters {
  readonly method: LabMethod;
  readonly sizes: MethodSizes;
  /** Parameters that train. */
  readonly trainable: number;
  /** Parameters that the adapter's file keeps: fewer than train if an MLP generates the prefix. */
  readonly kept: number;
}

/** The budget of the table of expectations: LoRA of rank 5 on queries and values, or of rank 1 on all layers. */
const USUAL_BUDGET = 3840;

const { table: TABLE, shape: SHAPE } = readDecoder(BASE_CONFIG);
/** A matrix of the model has no higher rank. */
const MOST_RANK = SHAPE.hiddenSize;
/** Virtual tokens and the longest line stay within the positions of the base. */
const MOST_VIRTUAL_TOKENS = 96;
const MOST_BOTTLENECK = 512;
/** rsLoRA divides by √rank, so that alpha does not grow with the rank. */
const RSLORA_ALPHA = 8;
/** The share of the budget that LoRA gets beside a prompt. */
const LORA_SHARE = 0.8;
const QUERY_VALUE = ['q_proj', 'v_proj'];

/** Settings of LoRA by its rank. */
function lora(
  target: 'all-linear' | readonly string[],
  more: RawConfig = {},
): (rank: number, alpha: number | null) => RawConfig {
  return (rank, alpha) => ({
    peft_type: 'LORA',
    r: rank,
    lora_alpha: alpha ?? (more['use_rslora'] ? RSLORA_ALPHA : 2 * rank),
    target_modules: target,
    ...more,
  });
}

const prefix = (virtualTokens: number): RawConfig => ({
  peft_type: 'PREFIX_TUNING',
  num_virtual_tokens: virtualTokens,
});
const prompt =
  (more: RawConfig = {}) =>
  (virtualTokens: number): RawConfig => ({ peft_type: 'PROMPT_TUNING', num_virtual_tokens: virtualTokens, ...more });

function loraMethodOf(
  name: string,
  title: string,
  config: ReturnType<typeof lora>,
  more: Pick<LabMethod, 'precision'> = {},
): LabMethod {
  return {
    name,
    title,
    learningRate: { mapping: 1e-2, steering: 3e-3 },
    sizes: (budget) => ({ rank: largest(budget, MOST_RANK, (rank) => count(config(rank, null))) }),
    adapters: ({ rank = 1 }, alpha) => ({ peft: [config(rank, alpha)] }),
    ...more,
  };
}

function virtualTokensMethod(
  names: Pick<LabMethod, 'name' | 'title' | 'learningRate'>,
  config: (virtualTokens: number) => RawConfig,
  more: MethodAdapters = {},
): LabMethod {
  return {
    ...names,
    sizes: (budget) => ({ virtualTokens: largest(budget, MOST_VIRTUAL_TOKENS, (length) => count(config(length))) }),
    adapters: ({ virtualTokens = 1 }) => ({ peft: [config(virtualTokens)], ...more }),
  };
}

function bottleneckMethod(names: Pick<LabMethod, 'name' | 'title' | 'learningRate'>, parallel: boolean): LabMethod {
  return {
    ...names,
    sizes: (budget) => ({
      bottleneckDim: largest(budget, MOST_BOTTLENECK, (dim) => countBottleneck({ bottleneckDim: dim, parallel })),
    }),
    adapters: ({ bottleneckDim = 1 }) => ({ bottleneck: { bottleneckDim, parallel } }),
  };
}

const loraQueryValue = lora(QUERY_VALUE);
const loraAll = lora('all-linear');
const IA3: RawConfig = {
  peft_type: 'IA3',
  target_modules: ['k_proj', 'v_proj', 'down_proj'],
  feedforward_modules: ['down_proj'],
};

export const LAB_METHODS: readonly LabMethod[] = [
  {
    name: 'full',
    title: 'full fine-tuning',
    learningRate: { mapping: 1e-3, steering: 5e-4 },
    sizes: () => ({}),
    adapters: () => ({}),
  },
  loraMethodOf('lora-qv', 'LoRA on q and v', loraQueryValue),
  loraMethodOf('lora-all', 'LoRA on all linear layers', loraAll),
  loraMethodOf('rslora-qv', 'rsLoRA on q and v', lora(QUERY_VALUE, { use_rslora: true })),
  loraMethodOf('dora-qv', 'DoRA on q and v', lora(QUERY_VALUE, { use_dora: true })),
  loraMethodOf('qlora-all', 'QLoRA on all linear layers', loraAll, { precision: 'nf4' }),
  bottleneckMethod(
    { name: 'serial', title: 'adapters in series', learningRate: { mapping: 3e-2, steering: 1e-2 } },
    false,
  ),
  bottleneckMethod(
    { name: 'parallel', title: 'parallel adapters', learningRate: { mapping: 2e-2, steering: 1e-2 } },
    true,
  ),
  {
    name: 'ia3',
    title: 'IA3',
    learningRate: { mapping: 0.2, steering: 0.03 },
    sizes: () => ({}),
    adapters: () => ({ peft: [IA3] }),
  },
  virtualTokensMethod(
    { name: 'prefix', title: 'prefix tuning', learningRate: { mapping: 0.2, steering: 0.1 } },
    prefix,
  ),
  virtualTokensMethod(
    { name: 'prefix-mlp', title: 'prefix tuning with an MLP', learningRate: { mapping: 1e-2, steering: 3e-3 } },
    prefix,
    { generatesPrefix: true },
  ),
  virtualTokensMethod(
    { name: 'prompt', title: 'prompt tuning', learningRate: { mapping: 0.3, steering: 0.3 } },
    prompt(),
  ),
  virtualTokensMethod(
    { name: 'prompt-words', title: 'prompt tuning from words', learningRate: { mapping: 0.3, steering: 0.3 } },
    prompt({ prompt_tuning_init: 'SAMPLE_VOCAB' }),
  ),
  {
    name: 'lora-prompt',
    title: 'LoRA on q and v with a prompt',
    learningRate: { mapping: 1e-2, steering: 3e-3 },
    sizes: (budget) => {
      const rank = largest(LORA_SHARE * budget, MOST_RANK, (each) => count(loraQueryValue(each, null)));
      const rest = budget - count(loraQueryValue(rank, null));
      return { rank, virtualTokens: largest(rest, MOST_VIRTUAL_TOKENS, (length) => count(prompt()(length))) };
    },
    adapters: ({ rank = 1, virtualTokens = 1 }, alpha) => ({
      peft: [loraQueryValue(rank, alpha), prompt()(virtualTokens)],
    }),
  },
];

/** @throws ArgumentError for a name that no method has. */
function labMethod(name: string): LabMethod {
  const method = LAB_METHODS.find((each) => each.name === name);
  if (method) return method;
  const known = LAB_METHODS.map((each) => each.name).join(', ');
  throw new ArgumentError('labMethod', `one of ${known}`, `"${name.slice(0, 40)}"`);
}

interface PlanOptions {
  /** Trained parameters. Default `USUAL_BUDGET`. */
  readonly budget?: number | undefined;
  /** Sizes set by hand, which the budget does not change. */
  readonly sizes?: MethodSizes | undefined;
  /** LoRA's alpha. Default twice the rank. */
  readonly alpha?: number | undefined;
}

/** @throws ArgumentError */
export function planMethod(name: string, options: PlanOptions = {}): MethodPlan {
  const { budget = USUAL_BUDGET, sizes: given = {}, alpha = null } = options;
  checkPositiveInteger('planMethod: budget', budget);
  for (const [key, value] of Object.entries(given)) checkPositiveInteger(`planMethod: ${key}`, value as number);
  const method = labMethod(name);
  const own = method.sizes(budget);
  const chosen = Object.entries(own).map(([key, value]) => [key, given[key as keyof MethodSizes] ?? value]);
  const sizes = Object.fromEntries(chosen) as MethodSizes;
  const adapters = method.adapters(sizes, alpha);
  const kept = keptParameters(adapters);
  const trainable = adapters.generatesPrefix ? generatorParameters(sizes.virtualTokens!) : kept;
  return { method, sizes, ...adapters, trainable, kept };
}

/** The embedding, the hidden layer and the output layer of the MLP that generates a prefix, with their biases. */
function generatorParameters(virtualTokens: number): number {
  const width = SHAPE.hiddenSize;
  const output = SHAPE.numLayers * 2 * SHAPE.keyValueWidth;
  return virtualTokens * width + (width + 1) * width + (width + 1) * output;
}

function keptParameters({ peft, bottleneck }: MethodAdapters): number {
  if (bottleneck) return countBottleneck(bottleneck);
  return peft ? peft.reduce((sum, config) => sum + count(config), 0) : TABLE.parameters;
}

function count(config: RawConfig): number {
  return budgetOf(TABLE, config).trainable;
}

/** A parallel adapter stands beside the MLP only, with twice the bottleneck for the same budget. */
function countBottleneck({ bottleneckDim, parallel }: LabBottleneck): number {
  return planBottleneckAdapters(TABLE, bottleneckDim, parallel ? ['mlp'] : ['attention', 'mlp']).trainable;
}

/** The largest size whose parameters are within the budget; 1 if none is. Parameters grow with the size. */
function largest(budget: number, most: number, parameters: (size: number) => number): number {
  let [low, high] = [1, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (parameters(middle) <= budget) low = middle;
    else high = middle - 1;
  }
  return low;
}
