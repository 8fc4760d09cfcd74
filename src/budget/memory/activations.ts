/** What the forward pass of the whole model keeps, with and without gradient checkpointing. */

import { sized } from '../methods/kept';
import type { Module } from '../moduleTable';
import type { Block } from './blocks';
import { blocksOf } from './blocks';
import { traceBlock } from './forward';
import type { ForwardContext } from './layers';
import { traceLinear, traceNorm } from './layers';
import { PLACES, Tape } from './tape';
import type { Place, Value } from './tape';
import type { TrainedModel } from './trainedModel';

export interface Activations {
  /** Tokens of a micro-batch, including virtual tokens. */
  readonly tokens: number;
  readonly layers: number;
  /** Bytes kept until the backward pass. */
  readonly kept: Readonly<Record<Place, number>>;
  readonly checkpoints: number;
  /** Bytes that the largest block keeps when it is recomputed; 0 without checkpointing. */
  readonly recomputed: number;
  /** Bytes of the activation gradients that exist together in the backward pass of a block. */
  readonly blockGradients: number;
  /** Bytes of a method's weight-sized buffers for one module: DoRA's norm, deltas and their gradients. */
  readonly methodBuffers: number;
  /** Entries of the logits; 0 if the head has no vocabulary. */
  readonly vocabulary: number;
}

export function activationsOf(base: Omit<ForwardContext, 'tape'> & { readonly model: TrainedModel }): Activations {
  const { setup, shape, model, stream, compute } = base;
  const tokens = setup.microBatch * base.length;
  const { blocks, outside } = blocksOf(model.table);
  const tape = new Tape(tokens);
  const ctx: ForwardContext = { ...base, tape };
  const checkpointing = setup.gradientCheckpointing;
  const start = (): Value => tape.value(shape.hiddenSize, stream, model.trainsInput || checkpointing);
  let value = traceEmbeddings(ctx, model, outside, start());
  let recomputed = 0;
  let checkpoints = 0;
  let section = '';
  for (const block of blocks) {
    const own = block.name.slice(0, block.name.lastIndexOf('.'));
    if (own !== section && section !== '') value = start();
    section = own;
    if (!checkpointing) {
      value = traceBlock(ctx, block, value);
      continue;
    }
    const once = new Tape(tokens);
    value = traceBlock({ ...base, tape: once }, block, tape.value(shape.hiddenSize, value.item, value.grad));
    checkpoints += tokens * shape.hiddenSize * stream;
    recomputed = Math.max(recomputed, once.total);
  }
  keepPrefix(ctx, model);
  const vocabulary = traceHead(ctx, model, outside, value);
  const kept = Object.fromEntries(PLACES.map((place) => [place, tape.bytes[place]])) as Record<Place, number>;
  const widest = blocks.reduce((max, block) => Math.max(max, gradientWidth(block, shape.hiddenSize)), 0);
  return {
    tokens,
    layers: blocks.length,
    kept,
    checkpoints,
    recomputed,
    blockGradients: tokens * widest * compute,
    methodBuffers: methodBuffers(base, model),
    vocabulary,
  };
}

/** The gradients of the MLP's three inner tensors, of the stream and of the branch exist together. */
function gradientWidth({ mlpOutput, mlpInputs }: Block, hidden: number): number {
  return 2 * hidden + (1 + mlpInputs.length) * (mlpOutput?.inFeatures ?? hidden);
}

function traceEmbeddings(ctx: ForwardContext, model: TrainedModel, outside: readonly Module[], start: Value): Value {
  const { tape } = ctx;
  const embedding = outside.find(({ name }) => name === model.table.inputEmbedding);
  if (!embedding) return start;
  const values = embedding.inFeatures * embedding.outFeatures;
  // PEFT multiplies by a copy of the embedding's weight that contains the trained rows.
  if (model.trainsTokens) tape.once(values * ctx.weightItem, 'adapter');
  if (ctx.adapted.has(embedding.name)) traceLinear(ctx, embedding, tape.value(0, ctx.stream, false), 'head');
  let value = start;
  for (const norm of outside)
    if (norm.kind === 'norm' && /embed/i.test(norm.name)) value = traceNorm(ctx, norm, value, 'head');
  return value;
}

/** Traces the final norm and the output layer. Returns the entries of the logits. */
function traceHead(ctx: ForwardContext, model: TrainedModel, outside: readonly Module[], last: Value): number {
  let value = last;
  for (const norm of outside)
    if (norm.kind === 'norm' && !/embed/i.test(norm.name)) value = traceNorm(ctx, norm, value, 'head');
  const head = outside.find(({ name }) => name === model.table.outputEmbedding);
  if (!head) return 0;
  traceLinear(ctx, head, value, 'head');
  return head.outFeatures;
}

/** Prefix tuning keeps the keys and values of the prefixes for every sequence. */
function keepPrefix({ tape, prefix, setup, shape, compute }: ForwardContext, { table }: TrainedModel): void {
  if (prefix === 0) return;
  const values = prefix * 2 * table.shape.numLayers * shape.prefixWidth * setup.microBatch;
  tape.once(values * compute, 'adapter');
}

/** Bytes of weight-sized buffers that a method allocates for one module at a time. */
function methodBuffers({ adapterItem, adapted }: Omit<ForwardContext, 'tape'>, { method }: TrainedModel): number {
  const buffers = method?.buffers;
  if (!buffers) return 0;
  return [...adapted.values()].reduce((most, each) => Math.max(most, buffers(sized(each)) * adapterItem), 0);
}
