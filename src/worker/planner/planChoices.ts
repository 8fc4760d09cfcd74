/** What can be chosen in a plan: methods with their settings, training setups, GPUs. From the engine's own tables. */

import { GPUS } from '../../budget/gpus';
import { ATTENTIONS, DEFAULT_TRAINING, OPTIMIZERS, PRECISIONS, QUANTIZATIONS } from '../../budget/memory/setup';
import { FIELD_TEXTS } from '../../budget/peftConfig/fieldTexts';
import { COMMON_KEYS, METHOD_KEYS } from '../../budget/peftConfig/methodKeys';
import { METHOD_TEXTS } from '../../budget/peftConfig/methodTexts';
import type { PlanChoices, PlanField } from '../../protocol/plan';

/** Shown first, in this order; the rest of a method's numbers and switches follow. */
const FIRST = ['r', 'init_r', 'num_virtual_tokens', 'adapter_len', 'adapter_layers', 'n_frequency', 'lora_alpha', 'alpha', 'use_dora', 'use_rslora'];
/** Settings of training that change no count and no byte. */
const WITHOUT_EFFECT = /dropout|init_weights|seed|^t(?:init|final)$|^deltaT$|beta|_lambda$|warmup|interval|exponent|^total_step$|^fan_in_fan_out$|_lr$|epsilon|temperature|threshold/;

/** Null for a key of another kind, or without effect on what a plan tells. */
function fieldOf(key: string, initial: unknown): PlanField | null {
  const [kind, title] = Object.hasOwn(FIELD_TEXTS, key) ? FIELD_TEXTS[key]! : (['string', ''] as const);
  if (Object.hasOwn(COMMON_KEYS, key) || WITHOUT_EFFECT.test(key)) return null;
  const known = { key, label: key, title, initial: initial === null ? '' : String(initial) };
  if (kind === 'integer' || kind === 'number') return { ...known, kind: 'number', choices: [] };
  if (kind === 'boolean') return { ...known, kind: 'boolean', choices: [] };
  if (key === 'bias') return { ...known, kind: 'choice', choices: ['none', 'all', `${String(initial)}`].filter((each, i, all) => all.indexOf(each) === i) };
  return null;
}

const place = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);

function choice(key: keyof typeof DEFAULT_TRAINING, label: string, title: string, choices: readonly string[]): PlanField {
  return { key, kind: 'choice', label, title, initial: String(DEFAULT_TRAINING[key]), choices };
}

function number(key: keyof typeof DEFAULT_TRAINING, label: string, title: string): PlanField {
  return { key, kind: 'number', label, title, initial: String(DEFAULT_TRAINING[key]), choices: [] };
}

function flag(key: keyof typeof DEFAULT_TRAINING, label: string, title: string): PlanField {
  return { key, kind: 'boolean', label, title, initial: String(DEFAULT_TRAINING[key]), choices: [] };
}

export const SETUP_FIELDS: readonly PlanField[] = [
  choice('precision', 'Precision', 'What weights and activations are held in', PRECISIONS),
  choice('quantization', 'Base weights', 'Quantisation of the frozen base', QUANTIZATIONS),
  choice('optimizer', 'Optimiser', 'Its states are kept for every trained parameter', OPTIMIZERS),
  number('sequenceLength', 'Sequence length', 'Tokens of the longest sequence'),
  number('microBatch', 'Micro-batch', 'Sequences that one GPU takes in one forward pass'),
  flag('gradientCheckpointing', 'Gradient checkpointing', 'Keeps the input of each block and computes the rest again'),
  choice('attention', 'Attention', 'flash and sdpa keep no square of the sequence length', ATTENTIONS),
  choice('zeroStage', 'ZeRO stage', 'What is shared out over the GPUs: optimiser states, gradients, weights', ['0', '1', '2', '3']),
  number('gpus', 'GPUs', 'That the batch, and with ZeRO the states, are shared over'),
];

export function planChoices(): PlanChoices {
  const methods = Object.entries(METHOD_KEYS).map(([peftType, defaults]) => ({
    peftType,
    title: METHOD_TEXTS[peftType] ?? '',
    targeting: Object.hasOwn(defaults, 'target_modules'),
    fields: Object.entries(defaults)
      .flatMap(([key, initial]) => fieldOf(key, initial) ?? [])
      .sort((a, b) => place(a.key) - place(b.key)),
  }));
  const gpus = GPUS.map(({ id, name, nominalGb, bytes }) => ({ id, label: name.includes('GB') ? name : `${name} ${nominalGb} GB`, bytes }));
  return { methods, setup: SETUP_FIELDS, gpus };
}

/** Typed settings as JSON values. Empty ones are left out; what is no number stays text, for the engine to refuse. */
export function typedValues(typed: readonly (readonly [string, string])[], fields: readonly PlanField[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const text = typed.find(([key]) => key === field.key)?.[1].trim() ?? '';
    if (text === '') continue;
    const numeric = field.kind === 'number' || /^\d+$/.test(field.initial);
    if (field.kind === 'boolean') values[field.key] = text === 'true';
    else values[field.key] = numeric && Number.isFinite(Number(text)) ? Number(text) : text;
  }
  return values;
}
