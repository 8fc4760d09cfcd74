/** The attention of a block on the tape, from the projections of its input to the projection of its output. */

import type { AttentionPart, Block } from './blocks';
import type { ForwardContext } from './layers';
import { dropoutRate, traceLinear, traceNorm } from './layers';
import type { Value } from './tape';

/** Queries, keys and values of all heads. Each step below takes and returns them. */
interface Heads {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** The attention module that is being traced. */
interface Attention {
  readonly ctx: ForwardContext;
  readonly part: AttentionPart;
  /** Total width of the query heads, and of the key heads. */
  readonly width: number;
  readonly keyWidth: number;
  /** The output of a linear that computes query, key and value at once. */
  readonly fused: Value | undefined;
  /** Number of key positions, including prefixes, and the same divided by the number of tokens. */
  readonly positions: number;
  readonly stretch: number;
}

export function traceAttention(ctx: ForwardContext, block: Block, part: AttentionPart, x: Value): Value {
  const { attention, heads: projected } = project(ctx, part, x);
  const rotated = rotate(attention, normalise(attention, projected));
  keepCache(attention, rotated);
  const heads = convertScores(attention, copyViews(attention, repeatHeads(attention, rotated)));
  const wanted = heads.query.grad || heads.key.grad || heads.value.grad;
  const item = ctx.autocast ? ctx.compute : ctx.stream;
  const out = ctx.tape.value(attention.width, item, wanted);
  if (wanted) keepScores(ctx, attention.positions, heads, out);
  return traceLinear(ctx, part.output, adaptOutput(attention, block, out), 'attention');
}

function project(
  ctx: ForwardContext,
  part: AttentionPart,
  x: Value,
): { readonly attention: Attention; readonly heads: Heads } {
  const outputs = part.inputs.map((module) => ({ module, value: traceLinear(ctx, module, x, 'attention') }));
  const named = (pattern: RegExp): Value | undefined =>
    outputs.find(({ module }) => pattern.test(module.name.slice(module.name.lastIndexOf('.') + 1)))?.value;
  const width = part.output.inFeatures;
  const fused = outputs.length === 1 ? outputs[0]?.value : undefined;
  const query = fused ?? named(/^q(_b)?_proj$|^q$|^q_lin$|^query/) ?? outputs[0]?.value ?? x;
  const key = fused ?? named(/^k(v_b)?_proj$|^k$|^k_lin$|^key/) ?? query;
  const value = fused ?? named(/^v_proj$|^v$|^v_lin$|^value/) ?? key;
  const keyWidth = fused ? Math.max(0, (fused.width - width) / 2) : key.width;
  const positions = ctx.length + ctx.prefix;
  const attention = { ctx, part, width, keyWidth, fused, positions, stretch: positions / ctx.length };
  return { attention, heads: { query, key, value } };
}

/** Applies the norms of queries and keys. */
function normalise({ ctx, part, width, keyWidth }: Attention, heads: Heads): Heads {
  return part.norms.reduce((current, norm) => {
    const isKey = /k_?(layer)?norm/i.test(norm.name);
    const before = isKey ? current.key : current.query;
    const after = traceNorm(ctx, norm, ctx.tape.value(isKey ? keyWidth : width, before.item, before.grad));
    return isKey ? { ...current, key: after } : { ...current, query: after };
  }, heads);
}

/** The rotated tensors are new. Rotation itself keeps nothing, because cos and sin are constants. */
function rotate({ ctx, width, keyWidth }: Attention, heads: Heads): Heads {
  if (!ctx.facts.rotary) return heads;
  const { query, key, value } = heads;
  return {
    query: ctx.tape.value(width, query.item, query.grad),
    key: ctx.tape.value(keyWidth, key.item, key.grad),
    value,
  };
}

function keepCache({ ctx, part, keyWidth, stretch }: Attention, { key }: Heads): void {
  const { tape, setup } = ctx;
  if (setup.keepsCache && !setup.gradientCheckpointing && !part.cross)
    tape.perToken(2 * keyWidth * key.item * stretch, 'cache');
}

/** Grouped keys and values are repeated for their queries and concatenated to the prefixes. */
function repeatHeads({ ctx, width, keyWidth, stretch }: Attention, { query, key, value }: Heads): Heads {
  const { tape, setup, shape, prefix } = ctx;
  // A single head of keys is broadcast without a copy.
  const oneHead = keyWidth === shape.headDim;
  const repeated =
    keyWidth < width && !oneHead && (setup.attention === 'eager' || (setup.attention === 'sdpa' && setup.padded));
  if (!repeated && prefix === 0) return { query, key, value };
  const copy = (each: Value): Value =>
    tape.value((repeated ? width : keyWidth) * stretch, each.item, each.grad || prefix > 0);
  return { query, key: copy(key), value: copy(value) };
}

/** The batched products of eager attention copy views of the fused projection. */
function copyViews({ ctx, width, keyWidth, fused }: Attention, heads: Heads): Heads {
  if (ctx.setup.attention !== 'eager' || !fused) return heads;
  const copy = (each: Value, size: number): Value =>
    each === fused ? ctx.tape.value(size, each.item, each.grad) : each;
  return { query: copy(heads.query, width), key: copy(heads.key, keyWidth), value: copy(heads.value, keyWidth) };
}

/** Some types compute the scores in float32. */
function convertScores({ ctx }: Attention, { query, key, value }: Heads): Heads {
  if (ctx.setup.attention !== 'eager' || !ctx.facts.floatScores) return { query, key, value };
  const convert = (each: Value): Value => ctx.tape.value(each.width, 4, each.grad);
  return { query: convert(query), key: convert(key), value };
}

/** LLaMA-Adapter adds an attention over its prompt to the output. */
function adaptOutput({ ctx, part, width }: Attention, block: Block, out: Value): Value {
  const { tape, shape, adaption } = ctx;
  if (!adaption?.holders.has(`${block.name}.${holderName(part, block)}`)) return out;
  // It keeps the scores over the prompt in float32 and in the model's type, a copy of the queries, and the output.
  tape.perToken(shape.numHeads * adaption.length * (4 + out.item) + width * 2 * out.item, 'adapter');
  return tape.value(width, out.item, true);
}

function holderName({ output }: AttentionPart, { name }: Block): string {
  return output.name
    .slice(name.length + 1)
    .split('.')
    .slice(0, -1)
    .join('.');
}

function keepScores(ctx: ForwardContext, positions: number, { query, key, value }: Heads, out: Value): void {
  const { tape, setup, shape, facts } = ctx;
  for (const each of [query, key, value]) tape.keep(each, 'attention');
  if (setup.attention === 'eager') {
    const dropout = attentionDropout(ctx) > 0;
    const own = out.item === 4 || facts.nativeSoftmax;
    const softmax = (own ? 0 : 4) + out.item + (dropout ? 1 + out.item : 0);
    tape.perToken(shape.numHeads * positions * softmax, 'attention');
    return;
  }
  tape.keep(out, 'attention');
  tape.perToken(4 * shape.numHeads, 'attention');
  // The boolean mask becomes a bias of the scores in every layer: (batch, 1, length, positions).
  if (setup.attention === 'sdpa' && setup.padded) tape.perToken(positions * out.item, 'attention');
}

function attentionDropout(ctx: ForwardContext): number {
  return dropoutRate(ctx, ['attn_pdrop', 'attention_probs_dropout_prob', 'attention_dropout', 'dropout_rate']);
}
