/** What is in memory through the whole step: weights, adapter, optimiser states. */

import type { Step } from './step';
import { divided, shards } from './step';
import type { MemoryTerm } from './terms';
import { groupedDigits } from './terms';

export function staticTerms(step: Step): MemoryTerm[] {
  return [weightsTerm(step), ...(step.model.type === null ? [] : [adapterTerm(step)]), optimizerTerm(step)];
}

function weightsTerm({ setup, types, weights }: Step): MemoryTerm {
  const by = shards(setup, 3);
  const quantized =
    weights.quantized > 0
      ? `${setup.quantization}: ${groupedDigits(weights.quantized)} bytes for ` +
        `${groupedDigits(weights.quantizedParameters)} parameters; the other `
      : '';
  return {
    id: 'weights',
    group: 'weights',
    label: 'Base weights',
    bytes: weights.total / by,
    formula: `${quantized}${groupedDigits(weights.plainParameters)} parameters x ${types.weight} bytes${divided(by)}`,
  };
}

function adapterTerm({ model, setup, types, trainedBytes }: Step): MemoryTerm {
  const by = shards(setup, 3);
  const { frozenBytes, frozenAsBase } = model.layout;
  const frozen = frozenBytes + frozenAsBase * types.weight + model.residentBytes;
  return {
    id: 'adapterWeights',
    group: 'adapter',
    label: 'Adapter weights',
    bytes: (trainedBytes + frozen) / by,
    formula:
      `${groupedDigits(model.trainable)} trained x ${types.adapter} bytes` +
      (frozen > 0 ? ` + ${groupedDigits(frozen)} bytes of frozen tensors and buffers` : '') +
      divided(by),
  };
}

function optimizerTerm({ setup, optimizer }: Step): MemoryTerm {
  const by = shards(setup, 1);
  return {
    id: 'optimizer',
    group: 'optimizer',
    label: 'Optimiser states',
    bytes: optimizer.states / by,
    formula: optimizer.statesFormula + divided(by),
    ...(optimizer.note !== undefined && { note: optimizer.note }),
  };
}
