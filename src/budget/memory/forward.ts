/** The forward pass of one block on the tape, as transformers 5 implements it. */

import type { ModelShape } from '../modelShape';
import type { Module } from '../moduleTable';
import { traceAttention } from './attention';
import type { Block } from './blocks';
import type { ForwardContext } from './layers';
import { dropoutRate, traceNorm } from './layers';
import { traceExperts, traceMlp } from './mlp';
import type { Value } from './tape';

/** Traces attention and MLP with their norms, sums and dropouts. Returns the stream after the block. */
export function traceBlock(ctx: ForwardContext, block: Block, input: Value): Value {
  const { tape, shape } = ctx;
  const hidden = shape.hiddenSize;
  const norms = [...block.norms];
  const post = ctx.facts.postNorm(shape);
  const sandwich = norms.length === 4;
  const parallel = !post && norms.length > 0 && isParallel(shape, norms.length, block);
  let stream = input;
  const dropout = hiddenDropout(ctx);
  let shared: Value | null = null;
  const add = (branch: Value): void => {
    if (dropout > 0 && branch.grad) tape.perToken(hidden, 'mlp');
    stream = tape.value(hidden, Math.max(stream.item, branch.item), stream.grad || branch.grad);
  };
  for (const attention of block.attentions) {
    const before = post ? null : (norms.shift() ?? null);
    const x = before ? traceNorm(ctx, before, stream) : stream;
    shared = x;
    let branch = traceAttention(ctx, block, attention, x);
    if (sandwich) branch = traceNorm(ctx, norms.shift() ?? attention.output, branch);
    if (!parallel) add(branch);
    else if (branch.grad && !stream.grad) stream = tape.value(hidden, stream.item, true);
    const after = post ? norms.shift() : undefined;
    if (after) stream = traceNorm(ctx, after, stream);
  }
  const before = post ? null : (norms.shift() ?? null);
  const x = before ? traceNorm(ctx, before, parallel ? input : stream) : (shared ?? stream);
  let branch = block.mlpOutput ? traceMlp(ctx, block, x) : x;
  if (block.experts.length > 0) branch = traceExperts(ctx, block, x);
  if (sandwich) branch = traceNorm(ctx, norms.shift() ?? PLACEHOLDER_NORM, branch);
  add(branch);
  const after = post ? norms.shift() : undefined;
  return after ? traceNorm(ctx, after, stream) : stream;
}

/** Stands for a norm that a table does not list. It keeps what the others keep. */
const PLACEHOLDER_NORM: Module = {
  name: '',
  layer: null,
  parameters: 0,
  kind: 'norm',
  inFeatures: 0,
  outFeatures: 0,
  bias: false,
};

function isParallel({ config }: ModelShape, norms: number, block: Block): boolean {
  if (config['use_parallel_residual'] === true || config['parallel_attn'] === true) return true;
  return norms === 1 && block.mlpOutput !== null;
}

function hiddenDropout(ctx: ForwardContext): number {
  return dropoutRate(
    ctx,
    'resid_pdrop hidden_dropout_prob hidden_dropout dropout_rate resid_dropout dropout'.split(' '),
  );
}
