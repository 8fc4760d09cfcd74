/**
 * The layers of a language model on the engine. Each function returns false, and computes nothing, if the engine cannot:
 * if there is none, a tensor is outside its memory, or a size does not suit its vectors. The plain code then runs.
 */

import type { AttentionHeads, AttentionSpans } from '../layers/attentionSpans';
import type { Tensor } from '../tensor';
import { currentEngine } from './current';
import type { Engine } from './engine';

/** Values in a vector. */
const LANES = 4;
/** Bytes of the engine's scratch memory that a list of spans may take. */
const MOST_SPAN_BYTES = 4 * 2 ** 20;
/** Longest row of gradients that the scratch memory holds behind the spans. */
const MOST_KEYS = 2 ** 19;

/** @param tensors query, key, value, probabilities and out, as `attention` has them. */
export function engineAttention(tensors: readonly Tensor[], spans: AttentionSpans, sizes: AttentionHeads): boolean {
  const engine = currentEngine();
  const at = engine && addresses(engine, tensors);
  if (!engine || !at || !fits(spans, sizes)) return false;
  const [q, k, v, p, out] = at as [number, number, number, number, number];
  engine.kernels.scan.attend(q, k, v, p, out, writeSpans(engine, spans), ...lengths(spans, sizes));
  return true;
}

/**
 * @param tensors query, key, value, probabilities, gradOut, gradQuery, gradKey and gradValue, as `attentionBackward` has
 * them. The last two are zeros.
 */
export function engineAttentionBackward(
  tensors: readonly Tensor[],
  spans: AttentionSpans,
  sizes: AttentionHeads,
): boolean {
  const engine = currentEngine();
  const at = engine && addresses(engine, tensors);
  if (!engine || !at || !fits(spans, sizes)) return false;
  const list = writeSpans(engine, spans);
  engine.kernels.scan.attendBackward(...at, list, list + MOST_SPAN_BYTES, ...lengths(spans, sizes));
  return true;
}

/** @param tensors gate, up and out. */
export function engineSiluGate(tensors: readonly Tensor[]): boolean {
  const engine = currentEngine();
  const at = engine && addresses(engine, tensors);
  const count = tensors[0]!.size;
  if (!engine || !at || count < LANES) return false;
  engine.kernels.scan.siluGate(...at, count);
  return true;
}

/** @param tensors gate, up, gradOut, gradGate and gradUp. */
export function engineSiluGateBackward(tensors: readonly Tensor[]): boolean {
  const engine = currentEngine();
  const at = engine && addresses(engine, tensors);
  const count = tensors[0]!.size;
  if (!engine || !at || count < LANES) return false;
  engine.kernels.scan.siluGateBackward(...at, count);
  return true;
}

function addresses(engine: Engine, tensors: readonly Tensor[]): number[] | null {
  const found: number[] = [];
  for (const { data } of tensors) {
    const address = engine.addressOf(data);
    if (address === undefined) return null;
    found.push(address);
  }
  return found;
}

function fits({ queryStarts, firstKeys, rowLength }: AttentionSpans, { headDim }: AttentionHeads): boolean {
  const bytes = 4 * 2 * (queryStarts.length + firstKeys.length);
  return headDim % LANES === 0 && bytes <= MOST_SPAN_BYTES && rowLength <= MOST_KEYS;
}

/** Writes the spans to the scratch memory, in the order of the kernel. */
function writeSpans(engine: Engine, { queryStarts, keyStarts, firstKeys, endKeys }: AttentionSpans): number {
  const count = 2 * (queryStarts.length + firstKeys.length);
  const list = engine.arena.int32(engine.scratch, count);
  list.set(queryStarts);
  list.set(keyStarts, queryStarts.length);
  list.set(firstKeys, 2 * queryStarts.length);
  list.set(endKeys, 2 * queryStarts.length + firstKeys.length);
  return engine.scratch;
}

function lengths({ queryStarts, firstKeys, rowLength }: AttentionSpans, sizes: AttentionHeads): number[] {
  const { heads, keyValueHeads, headDim } = sizes;
  return [queryStarts.length - 1, firstKeys.length, heads, keyValueHeads, headDim, rowLength];
}
