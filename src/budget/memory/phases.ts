/** The phases of a training step: what each adds to the static terms. The largest phase is the peak. */

import { activationTerms, crossEntropyTerms, heldLogits, recomputedTerms } from './activationTerms';
import type { Step } from './step';
import { divided, gatheredBytes, shards } from './step';
import type { MemoryTerm, Phase } from './terms';
import { groupedDigits } from './terms';

export function phasesOf(step: Step): Phase[] {
  const { setup, types, activations, optimizer } = step;
  const carried = gradientTerm(step, setup.gradientAccumulation > 1);
  const complete = gradientTerm(step, true);
  const kept = activationTerms(activations, setup);
  const logits = heldLogits(activations, types.compute, setup);
  const by = shards(setup, 1);
  return [
    {
      id: 'loss',
      label: 'Loss',
      terms: [carried, ...kept, ...crossEntropyTerms(activations, types.compute, setup)],
    },
    {
      id: 'backward',
      label: 'Backward pass of a block',
      terms: [carried, ...kept, ...logits, ...recomputedTerms(activations), temporaryTerm(step)],
    },
    {
      id: 'gradients',
      label: 'End of the backward pass',
      terms: [complete, ...logits, ...tiedGradients(step)],
    },
    {
      id: 'step',
      label: "Optimiser's step",
      terms: [
        complete,
        ...logits,
        {
          id: 'step',
          group: 'temporary',
          label: 'Step',
          bytes: optimizer.step / by,
          formula: optimizer.stepFormula + divided(by),
        },
      ],
    },
  ];
}

function gradientTerm({ setup, trainedBytes }: Step, present: boolean): MemoryTerm {
  const by = shards(setup, 2);
  const bytes = present ? trainedBytes / by : 0;
  return {
    id: 'gradients',
    group: 'gradients',
    label: 'Gradients',
    bytes,
    formula: `one for each trained parameter, in its type: ${groupedDigits(trainedBytes)} bytes${divided(by)}`,
    ...(bytes === 0 && { note: 'None at the peak: they are allocated as the activations are freed.' }),
  };
}

/** A weight that is used twice has two gradients, which briefly exist beside their sum. */
function tiedGradients({ model: { type, table }, types }: Step): MemoryTerm[] {
  const shared = table.modules.find(({ name, tied }) => tied === true && name === table.outputEmbedding);
  if (type !== null || !shared) return [];
  const values = shared.inFeatures * shared.outFeatures;
  return [
    {
      id: 'tied',
      group: 'temporary',
      label: 'Gradients of the tied embedding',
      bytes: 2 * values * types.weight,
      formula:
        `the embedding's and the output layer's until they are summed: ` +
        `2 x ${groupedDigits(values)} x ${types.weight} bytes`,
    },
  ];
}

/** Temporary memory of one block's backward pass. */
function temporaryTerm(step: Step): MemoryTerm {
  const { setup, types, activations, weights } = step;
  const gradients = activations.blockGradients;
  const unpacked = weights.largestQuantized * types.compute;
  const method = activations.methodBuffers;
  const gathered = gatheredBytes(step);
  return {
    id: 'temporary',
    group: 'temporary',
    label: 'Temporary',
    bytes: gradients + unpacked + method + gathered,
    formula: [
      `gradients of a block's activations ${groupedDigits(gradients)}`,
      ...(unpacked > 0 ? [`the largest ${setup.quantization} weight, unpacked ${groupedDigits(unpacked)}`] : []),
      ...(method > 0 ? [`the method's largest weight ${groupedDigits(method)}`] : []),
      ...(gathered > 0 ? [`a block's weights gathered from ${setup.gpus} GPUs ${groupedDigits(gathered)}`] : []),
    ].join(' + '),
  };
}
