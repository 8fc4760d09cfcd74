/**
 * Peak memory of a training step, from the allocations that transformers and PEFT make.
 *
 * The static part is weights, adapter and optimiser states. On top of it the step has phases, of which the largest
 * decides: the loss (all activations and the logits), the backward pass of a block, the end of the backward pass (all
 * gradients), and the optimiser's step. Left out: fragmentation of the allocator, NCCL's buffers, evaluation.
 */

import { forwardFactsOf } from '../architectures';
import { tableFor } from '../computeBudget';
import { isObject } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';
import type { Module } from '../moduleTable';
import { blocksOf } from './blocks';
import type { ForwardContext } from './forward';
import { activationsOf } from './activations';
import type { Activations } from './activations';
import { optimizerBytes } from './optimizer';
import { readTrainingSetup } from './setup';
import type { AttentionKernel, TrainingSetup } from './setup';
import { PLACES } from './tape';
import type { Place } from './tape';
import type { MemoryTerm, Phase, TrainingMemory } from './terms';
import { groupedDigits, CUDA_CONTEXT_BYTES, withTotals } from './terms';
import { trainedModel } from './trainedModel';
import type { TrainedModel } from './trainedModel';
import { isQuantized, weightBytes } from './weightBytes';

/**
 * `model` is a parsed config.json or a module table made before, which makes sweeps fast; `adapterConfig` a parsed
 * adapter_config.json, or null for full fine-tuning; `setup` any of `TrainingSetup`, the rest by default.
 * Throws a `BudgetError`.
 */
export function estimateTrainingMemory(model: unknown, adapterConfig: unknown, given: unknown = {}): TrainingMemory {
  const setup = readTrainingSetup(given);
  if (adapterConfig !== null && !isObject(adapterConfig))
    throw new ConfigError('(the adapter config)', adapterConfig, 'a JSON object, or null for full fine-tuning');
  const table = tableFor(model, adapterConfig);
  return trainingMemory(trainedModel(table, adapterConfig), setup);
}

export function trainingMemory(model: TrainedModel, asked: TrainingSetup): TrainingMemory {
  const setup = { ...asked, attention: kernelFor(model.table.shape.modelType, asked.attention) };
  const types = itemSizes(model, setup);
  const activations = activationsOf(contextOf(model, setup, types));
  const shards = (stage: number): number => (setup.zeroStage >= stage ? setup.gpus : 1);
  const weights = weightBytes(model.table, setup.quantization, types.weight);
  const adapterTrained = model.trainable - model.layout.trainedAsBase;
  const ownAdapter =
    adapterTrained * types.adapter + (model.method === null ? 0 : model.layout.trainedAsBase * types.weight);
  const frozen = model.layout.frozenBytes + model.layout.frozenAsBase * types.weight + model.residentBytes;
  const trainedBytes = adapterTrained * types.adapter + model.layout.trainedAsBase * types.weight;
  const optimizer = optimizerBytes(setup.optimizer, model.trainable, trainedBytes, factorSums(model));

  const terms: MemoryTerm[] = [
    {
      id: 'weights',
      group: 'weights',
      label: 'Base weights',
      bytes: weights.total / shards(3),
      formula:
        (weights.quantized > 0
          ? `${setup.quantization}: ${groupedDigits(weights.quantized)} bytes for ${groupedDigits(weights.quantizedParameters)} ` +
            'parameters; the other '
          : '') +
        `${groupedDigits(weights.plainParameters)} parameters x ${types.weight} bytes` +
        divided(shards(3)),
    },
  ];
  if (model.method !== null)
    terms.push({
      id: 'adapterWeights',
      group: 'adapter',
      label: 'Adapter weights',
      bytes: (ownAdapter + frozen) / shards(3),
      formula:
        `${groupedDigits(model.trainable)} trained x ${types.adapter} bytes` +
        (frozen > 0 ? ` + ${groupedDigits(frozen)} bytes of frozen tensors and buffers` : '') +
        divided(shards(3)),
    });
  terms.push({
    id: 'optimizer',
    group: 'optimizer',
    label: 'Optimiser states',
    bytes: optimizer.states / shards(1),
    formula: optimizer.statesFormula + divided(shards(1)),
    ...(optimizer.note !== undefined && { note: optimizer.note }),
  });

  const gradients = trainedBytes / shards(2);
  const gradientTerm = (bytes: number): MemoryTerm => ({
    id: 'gradients',
    group: 'gradients',
    label: 'Gradients',
    bytes,
    formula: `one for each trained parameter, in its type: ${groupedDigits(trainedBytes)} bytes` + divided(shards(2)),
    ...(bytes === 0 && { note: 'None at the peak: they come into being as the activations go.' }),
  });
  const carried = setup.gradientAccumulation > 1 ? gradients : 0;
  const gathered = gatherBytes(model, setup, types.weight);
  const kept = activationTerms(activations, setup);
  const phases: Phase[] = [
    {
      id: 'loss',
      label: 'Loss',
      terms: [gradientTerm(carried), ...kept, ...lossTerms(activations, types, setup, true)],
    },
    {
      id: 'backward',
      label: 'Backward pass of a block',
      terms: [
        gradientTerm(carried),
        ...kept,
        ...lossTerms(activations, types, setup, false),
        ...recomputed(activations),
        temporary(backwardBytes(activations, weights.largestQuantized, types.compute, gathered), setup),
      ],
    },
    {
      id: 'gradients',
      label: 'End of the backward pass',
      terms: [gradientTerm(gradients), ...heldLogits(activations, types, setup), ...tiedGradients(model, types.weight)],
    },
    {
      id: 'step',
      label: "Optimiser's step",
      terms: [
        gradientTerm(gradients),
        ...heldLogits(activations, types, setup),
        {
          id: 'step',
          group: 'temporary',
          label: 'Step',
          bytes: optimizer.step / shards(1),
          formula: optimizer.stepFormula + divided(shards(1)),
        },
      ],
    },
  ];
  return withTotals(terms, phases, {
    trainable: model.trainable,
    contextBytes: CUDA_CONTEXT_BYTES,
    warnings: [...model.table.warnings, ...model.reasons, ...coverage(model, asked, setup)],
  });
}

interface ItemSizes {
  readonly weight: number;
  readonly adapter: number;
  readonly adapterItem: number;
  readonly stream: number;
  readonly compute: number;
}

function itemSizes(model: TrainedModel, setup: TrainingSetup): ItemSizes {
  const full = model.method === null;
  const mixed = setup.precision === 'bf16-mixed';
  const usual = full || setup.quantization !== 'none' ? 'fp32' : 'bf16';
  // prepare_model_for_kbit_training turns what is not quantised into float32.
  const weight = setup.precision === 'fp32' || (mixed && (setup.baseDtype ?? usual) === 'fp32') ? 4 : 2;
  const adapter = setup.adapterInFloat32 ? 4 : weight;
  const compute = setup.precision === 'fp32' ? 4 : 2;
  return { weight, adapter, adapterItem: mixed ? compute : adapter, stream: weight, compute };
}

function contextOf(
  model: TrainedModel,
  setup: TrainingSetup,
  types: ItemSizes,
): Omit<ForwardContext, 'tape'> & { readonly model: TrainedModel } {
  const { method, adapted, table, settings } = model;
  const length = setup.sequenceLength + model.promptTokens;
  return {
    model,
    setup,
    shape: table.shape,
    facts: forwardFactsOf(table.shape.modelType),
    length,
    prefix: model.prefixPositions,
    method: method ?? '',
    adapted,
    trains: model.trains,
    quantized: isQuantized(table, setup.quantization),
    stream: types.stream,
    compute: types.compute,
    adapterItem: types.adapterItem,
    autocast: setup.precision === 'bf16-mixed',
    weightItem: types.weight,
    adaption:
      method === 'ADAPTION_PROMPT' ? { length: settings.count('adapter_len'), holders: adaptionHolders(model) } : null,
  };
}

/** The prompts stand in the attention of the last layers. */
function adaptionHolders({ settings, table }: TrainedModel): ReadonlySet<string> {
  const { blocks } = blocksOf(table);
  const last = blocks.slice(-settings.count('adapter_layers'));
  return new Set(
    last.flatMap(({ attentions }) =>
      attentions.map(({ output }) => output.name.slice(0, output.name.lastIndexOf('.'))),
    ),
  );
}

const LABELS: Readonly<Record<Place, readonly [label: string, what: string]>> = {
  norm: ['Norms', 'their inputs; RMSNorm keeps a float32 copy'],
  attention: ['Attention', 'queries, keys, values, outputs'],
  mlp: ['MLP', 'inputs of the activation and of the product'],
  adapter: ["Adapter's activations", 'inputs in the type of the adapter, and its low-rank products'],
  head: ['Output layer', 'inputs of the last norm and of the head'],
  cache: ['Keys and values of the cache', 'use_cache is on while training'],
  autocast: ["Autocast's copies of weights", 'float32 weights in bfloat16 for the products'],
};

function activationTerms(activations: Activations, setup: TrainingSetup): MemoryTerm[] {
  const { tokens, layers } = activations;
  const terms: MemoryTerm[] = PLACES.filter((place) => activations.kept[place] > 0).map((place) => ({
    id: `activations.${place}`,
    group: 'activations',
    label: LABELS[place][0],
    bytes: activations.kept[place],
    formula:
      `${groupedDigits(tokens)} tokens (${setup.microBatch} x ${groupedDigits(tokens / setup.microBatch)}), ${layers} layers, ` +
      `${groupedDigits(Math.round(activations.kept[place] / tokens))} bytes for each token: ${LABELS[place][1]}`,
  }));
  if (activations.checkpoints > 0)
    terms.push({
      id: 'activations.checkpoints',
      group: 'activations',
      label: 'Checkpoints',
      bytes: activations.checkpoints,
      formula: `the inputs of ${layers} layers, for ${groupedDigits(tokens)} tokens: ${groupedDigits(activations.checkpoints)} bytes`,
    });
  return terms;
}

function lossTerms(
  { tokens, vocabulary }: Activations,
  { compute }: ItemSizes,
  setup: TrainingSetup,
  atLoss: boolean,
): MemoryTerm[] {
  if (vocabulary === 0) return [];
  const size = tokens * vocabulary;
  const logits: MemoryTerm = {
    id: 'logits',
    group: 'logits',
    label: 'Logits',
    bytes: size * compute,
    formula: `${groupedDigits(tokens)} tokens x ${groupedDigits(vocabulary)} entries x ${compute} bytes`,
  };
  if (!atLoss) return setup.keepsLogits ? [logits] : [];
  return [
    ...(setup.keepsLogits || compute === 4 ? [logits] : []),
    {
      id: 'crossEntropy',
      group: 'logits',
      label: 'Cross-entropy',
      bytes: 3 * 4 * size,
      formula: `log-probabilities and two gradients in float32: 3 x 4 x ${groupedDigits(tokens)} x ${groupedDigits(vocabulary)}`,
    },
  ];
}

/** A plain loop's `outputs` hold the logits until the next step. */
function heldLogits(activations: Activations, types: ItemSizes, setup: TrainingSetup): MemoryTerm[] {
  return lossTerms(activations, types, setup, false);
}

function recomputed({ recomputed: bytes, tokens }: Activations): MemoryTerm[] {
  if (bytes === 0) return [];
  return [
    {
      id: 'activations.recomputed',
      group: 'activations',
      label: 'One block, computed again',
      bytes,
      formula: `what the largest block keeps of ${groupedDigits(tokens)} tokens, between its checkpoint and its gradients`,
    },
  ];
}

/** A weight with two uses has two gradients and, for a moment, their sum beside them. */
function tiedGradients({ method, table }: TrainedModel, item: number): MemoryTerm[] {
  const shared = table.modules.find(({ name, tied }) => tied === true && name === table.outputEmbedding);
  if (method !== null || !shared) return [];
  const values = shared.inFeatures * shared.outFeatures;
  return [
    {
      id: 'tied',
      group: 'temporary',
      label: 'Gradients of the tied embedding',
      bytes: 2 * values * item,
      formula: `the embedding's and the output layer's until they are summed: 2 x ${groupedDigits(values)} x ${item} bytes`,
    },
  ];
}

interface Moment {
  readonly gradients: number;
  readonly unpacked: number;
  readonly method: number;
  readonly gathered: number;
}

function backwardBytes(activations: Activations, largestQuantized: number, compute: number, gathered: number): Moment {
  return {
    gradients: activations.blockGradients,
    unpacked: largestQuantized * compute,
    method: activations.methodBuffers,
    gathered,
  };
}

function temporary({ gradients, unpacked, method, gathered }: Moment, setup: TrainingSetup): MemoryTerm {
  return {
    id: 'temporary',
    group: 'temporary',
    label: 'Temporary',
    bytes: gradients + unpacked + method + gathered,
    formula: [
      `gradients of a block's activations ${groupedDigits(gradients)}`,
      ...(unpacked > 0 ? [`the largest ${setup.quantization} weight unpacked ${groupedDigits(unpacked)}`] : []),
      ...(method > 0 ? [`the method's largest weight ${groupedDigits(method)}`] : []),
      ...(gathered > 0 ? [`a block's weights gathered from ${setup.gpus} GPUs ${groupedDigits(gathered)}`] : []),
    ].join(' + '),
  };
}

/** ZeRO-3 brings a block's weights together for its products. */
function gatherBytes({ table }: TrainedModel, setup: TrainingSetup, item: number): number {
  if (setup.zeroStage < 3 || setup.gpus === 1) return 0;
  return blocksOf(table).blocks.reduce((max, { parameters }) => Math.max(max, parameters), 0) * item;
}

/** Rows and columns of the trained matrices, for Adafactor. */
function factorSums({ method, table, adapted, trainable }: TrainedModel): number {
  const sides = ({ inFeatures, outFeatures }: Module): number => inFeatures + outFeatures;
  if (method === null) return table.modules.reduce((sum, module) => sum + sides(module), 0);
  if (adapted.size === 0) return trainable;
  let sum = 0;
  for (const { module, rank } of adapted.values()) sum += sides(module) + 2 * rank;
  return Math.min(sum, trainable);
}

/** The kernel that transformers takes if the type has no code for the one that was asked for. */
function kernelFor(modelType: string, asked: AttentionKernel): AttentionKernel {
  const { kernels } = forwardFactsOf(modelType);
  if (kernels.includes(asked)) return asked;
  return asked === 'flash' && kernels.includes('sdpa') ? 'sdpa' : 'eager';
}

function coverage({ table, method }: TrainedModel, asked: TrainingSetup, setup: TrainingSetup): string[] {
  const messages: string[] = [];
  const { shape } = table;
  if (asked.attention !== setup.attention)
    messages.push(`${shape.modelType} has no '${asked.attention}' attention in transformers 5: '${setup.attention}'.`);
  if (shape.encoderDecoder) messages.push('Encoder and decoder are both taken to be of the sequence length.');
  if (table.modules.some(({ kind }) => kind === 'parameters'))
    messages.push('Activations of fused experts depend on the kernel that runs them; theirs are an estimate.');
  if (table.modules.some(({ kind }) => kind === 'conv'))
    messages.push('Convolutions and their activations are not modelled.');
  if (setup.quantization !== 'none' && method === null)
    messages.push('Quantised weights cannot be trained: full fine-tuning needs quantization "none".');
  return messages;
}

function divided(by: number): string {
  return by > 1 ? `, divided over ${by} GPUs` : '';
}
