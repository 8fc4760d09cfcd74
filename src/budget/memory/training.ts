/**
 * The peak memory of a training step, derived from the allocations of transformers and PEFT.
 *
 * Weights, adapter and optimiser states are static. The phases of the step add to them, and the largest is the peak:
 * the loss (all activations and the logits), the backward pass of a block, the end of the backward pass (all
 * gradients), and the optimiser's step. Fragmentation of the allocator, NCCL's buffers and evaluation are left out.
 */

import { forwardFactsOf } from '../architectures';
import { tableFor } from '../computeBudget';
import { isObject } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';
import type { Module } from '../moduleTable';
import { activationsOf } from './activations';
import { blocksOf } from './blocks';
import type { ForwardContext } from './layers';
import { optimizerBytes } from './optimizer';
import { phasesOf } from './phases';
import { readTrainingSetup } from './setup';
import type { AttentionKernel, TrainingSetup } from './setup';
import { staticTerms } from './staticTerms';
import type { ItemSizes, Step } from './step';
import type { TrainingMemory } from './terms';
import { CUDA_CONTEXT_BYTES, withTotals } from './terms';
import { trainedModel } from './trainedModel';
import type { TrainedModel } from './trainedModel';
import { isQuantized, weightBytes } from './weightBytes';

/**
 * `model` is a parsed config.json, or a prepared module table, which makes sweeps fast. `adapterConfig` is a parsed
 * adapter_config.json, or null for full fine-tuning. `given` holds any of `TrainingSetup`; the rest has defaults.
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
  const { trainedAsBase } = model.layout;
  const trainedBytes = (model.trainable - trainedAsBase) * types.adapter + trainedAsBase * types.weight;
  const step: Step = {
    model,
    setup,
    types,
    activations: activationsOf(contextOf(model, setup, types)),
    weights: weightBytes(model.table, setup.quantization, types.weight),
    optimizer: optimizerBytes(setup.optimizer, model.trainable, trainedBytes, factorSums(model)),
    trainedBytes,
  };
  return withTotals(staticTerms(step), phasesOf(step), {
    trainable: model.trainable,
    contextBytes: CUDA_CONTEXT_BYTES,
    warnings: [...model.table.warnings, ...model.reasons, ...coverage(model, asked, setup)],
  });
}

/** The sum of rows and columns of the trained matrices, which Adafactor's states depend on. */
function factorSums({ type, table, adapted, trainable }: TrainedModel): number {
  const sides = ({ inFeatures, outFeatures }: Module): number => inFeatures + outFeatures;
  if (type === null) return table.modules.reduce((sum, module) => sum + sides(module), 0);
  if (adapted.size === 0) return trainable;
  let sum = 0;
  for (const { module, rank } of adapted.values()) sum += sides(module) + 2 * rank;
  return Math.min(sum, trainable);
}

function itemSizes(model: TrainedModel, setup: TrainingSetup): ItemSizes {
  const full = model.type === null;
  const mixed = setup.precision === 'bf16-mixed';
  const usual = full || setup.quantization !== 'none' ? 'fp32' : 'bf16';
  // prepare_model_for_kbit_training converts everything that is not quantised to float32.
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
    method,
    adapted,
    trains: model.trains,
    quantized: isQuantized(table, setup.quantization),
    stream: types.stream,
    compute: types.compute,
    adapterItem: types.adapterItem,
    autocast: setup.precision === 'bf16-mixed',
    weightItem: types.weight,
    adaption:
      model.type === 'ADAPTION_PROMPT'
        ? { length: settings.count('adapter_len'), holders: adaptionHolders(model) }
        : null,
  };
}

/** The attentions that have a prompt: those of the last layers. */
function adaptionHolders({ settings, table }: TrainedModel): ReadonlySet<string> {
  const { blocks } = blocksOf(table);
  const last = blocks.slice(-settings.count('adapter_layers'));
  return new Set(
    last.flatMap(({ attentions }) =>
      attentions.map(({ output }) => output.name.slice(0, output.name.lastIndexOf('.'))),
    ),
  );
}

/** The kernel that transformers uses if the type does not support the requested one. */
function kernelFor(modelType: string, asked: AttentionKernel): AttentionKernel {
  const { kernels } = forwardFactsOf(modelType);
  if (kernels.includes(asked)) return asked;
  return asked === 'flash' && kernels.includes('sdpa') ? 'sdpa' : 'eager';
}

function coverage({ table, type }: TrainedModel, asked: TrainingSetup, setup: TrainingSetup): string[] {
  const messages: string[] = [];
  const { shape } = table;
  if (asked.attention !== setup.attention)
    messages.push(
      `${shape.modelType} has no '${asked.attention}' attention in transformers 5; ` +
        `the estimate uses '${setup.attention}'.`,
    );
  if (shape.encoderDecoder) messages.push('Encoder and decoder are both assumed to have the sequence length.');
  if (table.modules.some(({ kind }) => kind === 'parameters'))
    messages.push('The activations of fused experts are an estimate, because they depend on the kernel.');
  if (table.modules.some(({ kind }) => kind === 'conv'))
    messages.push('Convolutions and their activations are not modelled.');
  if (setup.quantization !== 'none' && type === null)
    messages.push('Quantised weights cannot be trained: full fine-tuning needs quantization "none".');
  return messages;
}
