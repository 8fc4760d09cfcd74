/** The choices of a plan (methods with their settings, training setups, GPUs), from the engine's own tables. */

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
import { methodName } from '../../text/methodNames';
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
  choice('precision', 'Precision', 'Data type of weights and activations', PRECISIONS),
  {
    ...choice('quantization', 'Base weights', 'Quantisation of the frozen base', QUANTIZATIONS),
    choiceLabels: { none: 'not quantised' },
  },
  choice('optimizer', 'Optimiser', 'Its states take memory for every trained parameter', OPTIMIZERS),
  number('sequenceLength', 'Sequence length', 'Tokens of the longest sequence'),
  number('microBatch', 'Micro-batch', 'Sequences per GPU in one forward pass'),
  flag('gradientCheckpointing', 'Gradient checkpointing', 'Keeps only the input of each block and recomputes the rest'),
  choice('attention', 'Attention', 'flash and sdpa do not store the square attention matrix', ATTENTIONS),
  choice('zeroStage', 'ZeRO stage', 'What the GPUs share: optimiser states, gradients, weights', ['0', '1', '2', '3']),
  number('gpus', 'GPUs', 'GPUs that share the batch, and with ZeRO the states'),
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
    title: 'Data type of weights and activations',
    initial: initialOf('precision'),
    choices: ['fp32', 'bf16'],
  },
  { ...QUANTIZATION, initial: initialOf('quantization') },
  {
    ...asked,
    key: 'contextLength',
    kind: 'number',
    label: 'Context length',
    title: 'Tokens in the cache of a sequence: prompt and answer',
    initial: initialOf('contextLength'),
  },
  {
    ...asked,
    key: 'batch',
    kind: 'number',
    label: 'Sequences',
    title: 'Sequences generated at the same time',
    initial: initialOf('batch'),
  },
  {
    ...asked,
    key: 'cacheDtype',
    kind: 'choice',
    label: 'KV cache',
    title: 'Data type of keys and values',
    initial: initialOf('cacheDtype'),
    choices: Object.keys(CACHE_BYTES),
  },
  {
    ...asked,
    key: 'gpus',
    kind: 'number',
    label: 'GPUs',
    title: 'GPUs that share the weights and the cache',
    initial: initialOf('gpus'),
  },
  {
    ...asked,
    key: 'merged',
    kind: 'boolean',
    label: 'Adapter merged',
    title: 'A merged adapter takes no memory of its own',
    initial: initialOf('merged'),
  },
];

export function planChoices(): PlanChoices {
  const methods = Object.entries(METHOD_KEYS).map(([peftType, defaults]) => ({
    peftType,
    name: methodName(peftType),
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
