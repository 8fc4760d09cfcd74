/** The terms of an estimate that grow with the tokens: activations, logits, loss. */

import type { Activations } from './activations';
import type { TrainingSetup } from './setup';
import { PLACES } from './tape';
import type { Place } from './tape';
import type { MemoryTerm } from './terms';
import { groupedDigits } from './terms';

const LABELS: Readonly<Record<Place, readonly [label: string, what: string]>> = {
  norm: ['Norms', 'their inputs; RMSNorm keeps a float32 copy'],
  attention: ['Attention', 'queries, keys, values, outputs'],
  mlp: ['MLP', 'inputs of the activation function and of the product'],
  adapter: ["Adapter's activations", "inputs in the adapter's type, and its low-rank products"],
  head: ['Output layer', 'inputs of the last norm and of the head'],
  cache: ['Keys and values of the cache', 'use_cache is on during training'],
  autocast: ["Autocast's copies of weights", 'bfloat16 copies of float32 weights, for the products'],
};

export function activationTerms(activations: Activations, setup: TrainingSetup): MemoryTerm[] {
  const { tokens, layers } = activations;
  const terms: MemoryTerm[] = PLACES.filter((place) => activations.kept[place] > 0).map((place) => ({
    id: `activations.${place}`,
    group: 'activations',
    label: LABELS[place][0],
    bytes: activations.kept[place],
    formula:
      `${groupedDigits(tokens)} tokens (${setup.microBatch} x ${groupedDigits(tokens / setup.microBatch)}), ` +
      `${layers} layers, ` +
      `${groupedDigits(Math.round(activations.kept[place] / tokens))} bytes per token: ${LABELS[place][1]}`,
  }));
  if (activations.checkpoints > 0)
    terms.push({
      id: 'activations.checkpoints',
      group: 'activations',
      label: 'Checkpoints',
      bytes: activations.checkpoints,
      formula:
        `the inputs of ${layers} layers, for ${groupedDigits(tokens)} tokens: ` +
        `${groupedDigits(activations.checkpoints)} bytes`,
    });
  return terms;
}

/** The logits, and the tensors that the loss computes from them. */
export function crossEntropyTerms(activations: Activations, item: number, setup: TrainingSetup): MemoryTerm[] {
  const { tokens, vocabulary } = activations;
  if (vocabulary === 0) return [];
  const size = tokens * vocabulary;
  return [
    ...(setup.keepsLogits || item === 4 ? [logitsTerm(activations, item)] : []),
    {
      id: 'crossEntropy',
      group: 'logits',
      label: 'Cross-entropy',
      bytes: 3 * 4 * size,
      formula:
        `log-probabilities and two gradients in float32: ` +
        `3 x 4 x ${groupedDigits(tokens)} x ${groupedDigits(vocabulary)}`,
    },
  ];
}

/** The logits after the loss. The `outputs` of a plain loop hold them until the next step. */
export function heldLogits(activations: Activations, item: number, setup: TrainingSetup): MemoryTerm[] {
  return activations.vocabulary > 0 && setup.keepsLogits ? [logitsTerm(activations, item)] : [];
}

function logitsTerm({ tokens, vocabulary }: Activations, item: number): MemoryTerm {
  return {
    id: 'logits',
    group: 'logits',
    label: 'Logits',
    bytes: tokens * vocabulary * item,
    formula: `${groupedDigits(tokens)} tokens x ${groupedDigits(vocabulary)} entries x ${item} bytes`,
  };
}

export function recomputedTerms({ recomputed: bytes, tokens }: Activations): MemoryTerm[] {
  if (bytes === 0) return [];
  return [
    {
      id: 'activations.recomputed',
      group: 'activations',
      label: 'One block, recomputed',
      bytes,
      formula: `what the largest block keeps for ${groupedDigits(tokens)} tokens until its gradients are computed`,
    },
  ];
}
