/** What can be chosen in a plan: methods with their settings, training setups, GPUs. From the engine's own tables. */

import { GPUS } from '../../budget/gpus';
import {
  ATTENTIONS,
  CACHE_BYTES,
  DEFAULT_INFERENCE,
  DEFAULT_TRAINING,
  OPTIMIZERS,
  PRECISIONS,
  QUANTIZATIONS,
} from '../../budget/memory/setup';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import { METHOD_TEXTS } from '../../peftConfig/methodTexts';
import type { PlanChoices, PlanField } from '../../protocol/plan';
import { methodFields } from './planFields';

function choice(
  key: keyof typeof DEFAULT_TRAINING,
  label: string,
  title: string,
  choices: readonly string[],
): PlanField {
  return { key, kind: 'choice', label, title, initial: String(DEFAULT_TRAINING[key]), start: '', choices };
}

function number(key: keyof typeof DEFAULT_TRAINING, label: string, title: string): PlanField {
  return { key, kind: 'number', label, title, initial: String(DEFAULT_TRAINING[key]), start: '', choices: [] };
}

function flag(key: keyof typeof DEFAULT_TRAINING, label: string, title: string): PlanField {
  return { key, kind: 'boolean', label, title, initial: String(DEFAULT_TRAINING[key]), start: '', choices: [] };
}

export const SETUP_FIELDS: readonly PlanField[] = [
  choice('precision', 'Precision', 'What weights and activations are held in', PRECISIONS),
  choice('quantization', 'Base weights', 'Quantisation of the frozen base', QUANTIZATIONS),
  choice('optimizer', 'Optimiser', 'Its states are kept for every trained parameter', OPTIMIZERS),
  number('sequenceLength', 'Sequence length', 'Tokens of the longest sequence'),
  number('microBatch', 'Micro-batch', 'Sequences that one GPU takes in one forward pass'),
  flag('gradientCheckpointing', 'Gradient checkpointing', 'Keeps the input of each block and computes the rest again'),
  choice('attention', 'Attention', 'flash and sdpa keep no square of the sequence length', ATTENTIONS),
  choice('zeroStage', 'ZeRO stage', 'What is shared out over the GPUs: optimiser states, gradients, weights', [
    '0',
    '1',
    '2',
    '3',
  ]),
  number('gpus', 'GPUs', 'That the batch, and with ZeRO the states, are shared over'),
];

const QUANTIZATION = SETUP_FIELDS.find(({ key }) => key === 'quantization')!;
const initialOf = (key: keyof typeof DEFAULT_INFERENCE): string => String(DEFAULT_INFERENCE[key]);
const asked = { start: '', choices: [] } as const;

export const INFERENCE_FIELDS: readonly PlanField[] = [
  {
    ...asked,
    key: 'precision',
    kind: 'choice',
    label: 'Precision',
    title: 'What weights and activations are held in',
    initial: initialOf('precision'),
    choices: ['fp32', 'bf16'],
  },
  { ...QUANTIZATION, initial: initialOf('quantization') },
  {
    ...asked,
    key: 'contextLength',
    kind: 'number',
    label: 'Context length',
    title: 'Tokens that the cache holds for a sequence: prompt and answer',
    initial: initialOf('contextLength'),
  },
  {
    ...asked,
    key: 'batch',
    kind: 'number',
    label: 'Sequences',
    title: 'Answered at the same time',
    initial: initialOf('batch'),
  },
  {
    ...asked,
    key: 'cacheDtype',
    kind: 'choice',
    label: 'KV cache',
    title: 'What keys and values are held in',
    initial: initialOf('cacheDtype'),
    choices: Object.keys(CACHE_BYTES),
  },
  {
    ...asked,
    key: 'gpus',
    kind: 'number',
    label: 'GPUs',
    title: 'That weights and cache are divided over',
    initial: initialOf('gpus'),
  },
  {
    ...asked,
    key: 'merged',
    kind: 'boolean',
    label: 'Adapter merged',
    title: 'Merged into the weights, an adapter leaves nothing behind',
    initial: initialOf('merged'),
  },
];

export function planChoices(): PlanChoices {
  const methods = Object.entries(METHOD_KEYS).map(([peftType, defaults]) => ({
    peftType,
    title: METHOD_TEXTS[peftType] ?? '',
    targeting: Object.hasOwn(defaults, 'target_modules'),
    fields: methodFields(peftType),
  }));
  const gpus = GPUS.map(({ id, name, nominalGb, bytes }) => ({
    id,
    label: name.includes('GB') ? name : `${name} ${nominalGb} GB`,
    bytes,
  }));
  return { methods, setup: SETUP_FIELDS, inference: INFERENCE_FIELDS, gpus };
}
