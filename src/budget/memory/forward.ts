/** The forward pass of a transformer as transformers 5 writes it, on the tape. */

import type { RawConfig } from '../../peftConfig/configValues';
import { text } from '../../peftConfig/configValues';
import type { ForwardFacts } from '../architectures/forwardFacts';
import type { Module } from '../moduleTable';
import type { ModelShape } from '../modelShape';
import type { AttentionPart, Block } from './blocks';
import type { Adapted, Keeper } from './adapterTrace';
import { traceAdapter } from './adapterTrace';
import type { TrainingSetup } from './setup';
import type { Place, Tape, Value } from './tape';

/** What the layers have in common. */
export interface ForwardContext {
  readonly tape: Tape;
  readonly setup: TrainingSetup;
  readonly shape: ModelShape;
  readonly facts: ForwardFacts;
  /** Tokens of one sequence, and key positions before it (prefixes). */
  readonly length: number;
  readonly prefix: number;
  readonly method: string;
  readonly adapted: ReadonlyMap<string, Adapted>;
  /** Whether a module's own weight is trained. */
  readonly trains: (module: Module) => boolean;
  /** Whether bitsandbytes holds the module's weight. */
  readonly quantized: (module: Module) => boolean;
  /** Bytes of an activation outside of autocast's products, and inside of them. */
  readonly stream: number;
  readonly compute: number;
  /** Bytes of an adapter's value in its products. */
  readonly adapterItem: number;
  readonly autocast: boolean;
  readonly weightItem: number;
  /** LLaMA-Adapter: prompts of so many tokens in the named attentions. */
  readonly adaption: { readonly length: number; readonly holders: ReadonlySet<string> } | null;
}

/** Tensors that an activation written in single operations keeps; one where a kernel does it all. */
const COMPOSED_ACTIVATION: Readonly<Record<string, number>> = { gelu_new: 4, gelu_fast: 4, quick_gelu: 2, relu2: 2 };

/** One block: attention and MLP with their norms, sums and dropouts. Returns the stream after it. */
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

/** A norm that a table does not list keeps what the others keep. */
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

/** LayerNorm keeps its input; RMSNorm is written in operations on a float32 copy, which they keep. */
export function traceNorm(ctx: ForwardContext, module: Module, x: Value, place: Place = 'norm'): Value {
  const { tape } = ctx;
  const trained = ctx.trains(module);
  const wanted = x.grad || trained;
  const out = tape.value(x.width, ctx.stream, wanted);
  if (!wanted) return out;
  if (module.bias || module.kind !== 'norm') {
    tape.keep(x, place);
    tape.perToken(8, place);
    return out;
  }
  if (x.grad || trained) {
    if (x.item === 4) tape.keep(x, place);
    else tape.perToken(4 * x.width, place);
    tape.perToken(4, place);
  }
  if (trained) tape.perToken(x.width * (x.item === 4 ? 4 : x.item), place);
  return out;
}

/** A linear layer, with the adapter on it. */
export function traceLinear(ctx: ForwardContext, module: Module, x: Value, place: Place): Value {
  const { tape } = ctx;
  const adapted = ctx.adapted.get(module.name);
  const trained = ctx.trains(module);
  const half = ctx.autocast && x.item === 4;
  if (trained) {
    if (half) tape.perToken(x.width * ctx.compute, place);
    else tape.keep(x, place);
  } else if (ctx.setup.quantization === 'int8' && ctx.quantized(module) && x.grad) {
    // MatMul8bitLt holds on to its input, although a frozen weight needs none.
    tape.keep(x, place);
  }
  if (ctx.autocast && ctx.weightItem === 4 && !ctx.quantized(module) && (x.grad || trained))
    tape.once(module.inFeatures * module.outFeatures * ctx.compute, 'autocast');
  const item = ctx.quantized(module) ? x.item : ctx.compute;
  const out = tape.value(module.outFeatures, item, x.grad || trained || adapted !== undefined);
  if (adapted) traceAdapter(ctx.method, keeper(ctx, x, out), adapted);
  return out;
}

function keeper({ tape, adapterItem, autocast }: ForwardContext, x: Value, out: Value): Keeper {
  return {
    cast: () => {
      if (x.item === adapterItem && !autocast) tape.keep(x, 'adapter');
      else tape.perToken(x.width * adapterItem, 'adapter');
    },
    input: () => tape.keep(x, 'adapter'),
    output: () => tape.perToken(out.width * out.item, 'adapter'),
    token: (values) => tape.perToken(values * adapterItem, 'adapter'),
    tokenBytes: (bytes) => tape.perToken(bytes, 'adapter'),
    weight: (values) => tape.once(values * adapterItem, 'adapter'),
    baseWeight: (values) => tape.once(values * out.item, 'adapter'),
  };
}

function traceAttention(ctx: ForwardContext, block: Block, part: AttentionPart, x: Value): Value {
  const { tape, shape, setup } = ctx;
  const outputs = part.inputs.map((module) => ({ module, value: traceLinear(ctx, module, x, 'attention') }));
  const last = (pattern: RegExp): Value | undefined =>
    outputs.find(({ module }) => pattern.test(module.name.slice(module.name.lastIndexOf('.') + 1)))?.value;
  const width = part.output.inFeatures;
  const fused = outputs.length === 1 ? outputs[0]?.value : undefined;
  let query = fused ?? last(/^q(_b)?_proj$|^q$|^q_lin$|^query/) ?? outputs[0]?.value ?? x;
  let key = fused ?? last(/^k(v_b)?_proj$|^k$|^k_lin$|^key/) ?? query;
  let value = fused ?? last(/^v_proj$|^v$|^v_lin$|^value/) ?? key;
  const keyWidth = fused ? Math.max(0, (fused.width - width) / 2) : key.width;
  for (const norm of part.norms) {
    const isKey = /k_?(layer)?norm/i.test(norm.name);
    const normed = traceNorm(
      ctx,
      norm,
      tape.value(isKey ? keyWidth : width, (isKey ? key : query).item, (isKey ? key : query).grad),
    );
    if (isKey) key = normed;
    else query = normed;
  }
  if (ctx.facts.rotary) {
    // cos and sin are constants, so that rotating keeps nothing; the rotated tensors are new.
    query = tape.value(width, query.item, query.grad);
    key = tape.value(keyWidth, key.item, key.grad);
  }
  const positions = ctx.length + ctx.prefix;
  const stretch = positions / ctx.length;
  if (setup.keepsCache && !setup.gradientCheckpointing && !part.cross)
    tape.perToken(2 * keyWidth * key.item * stretch, 'cache');
  // One head of keys is broadcast without a copy.
  const oneHead = keyWidth === shape.headDim;
  const repeated =
    keyWidth < width && !oneHead && (setup.attention === 'eager' || (setup.attention === 'sdpa' && setup.padded));
  if (repeated || ctx.prefix > 0) {
    const repeatedWidth = repeated ? width : keyWidth;
    key = tape.value(repeatedWidth * stretch, key.item, key.grad || ctx.prefix > 0);
    value = tape.value(repeatedWidth * stretch, value.item, value.grad || ctx.prefix > 0);
  }
  if (setup.attention === 'eager' && fused) {
    // The batched product copies what is a view of the fused projection.
    if (key === fused) key = tape.value(keyWidth, key.item, key.grad);
    if (query === fused) query = tape.value(width, query.item, query.grad);
    if (value === fused) value = tape.value(keyWidth, value.item, value.grad);
  }
  if (setup.attention === 'eager' && ctx.facts.floatScores) {
    query = tape.value(query.width, 4, query.grad);
    key = tape.value(key.width, 4, key.grad);
  }
  const wanted = query.grad || key.grad || value.grad;
  const item = ctx.autocast ? ctx.compute : ctx.stream;
  const out = tape.value(width, item, wanted);
  if (wanted) keepScores(ctx, positions, { query, key, value, out });
  const adaption = ctx.adaption?.holders.has(`${block.name}.${holderName(part, block)}`) ? ctx.adaption : null;
  if (adaption) {
    // Scores over the prompt: softmax in float32 and again in the model's type; the queries once more, and the output.
    tape.perToken(shape.numHeads * adaption.length * (4 + item) + width * 2 * item, 'adapter');
  }
  const after = adaption ? tape.value(width, item, true) : out;
  return traceLinear(ctx, part.output, after, 'attention');
}

function holderName({ output }: AttentionPart, { name }: Block): string {
  return output.name
    .slice(name.length + 1)
    .split('.')
    .slice(0, -1)
    .join('.');
}

function keepScores(
  ctx: ForwardContext,
  positions: number,
  { query, key, value, out }: Readonly<Record<'query' | 'key' | 'value' | 'out', Value>>,
): void {
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

function traceMlp(ctx: ForwardContext, block: Block, x: Value): Value {
  const { tape } = ctx;
  const output = block.mlpOutput;
  if (!output) return x;
  const outs = block.mlpInputs.map((module) => traceLinear(ctx, module, x, 'mlp'));
  const [first, second] = outs;
  if (!first) return traceLinear(ctx, output, x, 'mlp');
  const fusedGate = outs.length === 1 && first.width === 2 * output.inFeatures;
  const gated = outs.length === 2 || fusedGate;
  const width = output.inFeatures;
  const active = tape.value(width, first.item, first.grad);
  if (first.grad) keepActivation(ctx, first, active);
  let middle = active;
  if (gated) {
    const up = second ?? first;
    if (up.grad) tape.keep(active, 'mlp');
    if (active.grad) tape.keep(up, 'mlp');
    middle = tape.value(width, first.item, active.grad || up.grad);
  }
  return traceLinear(ctx, output, middle, 'mlp');
}

function keepActivation({ tape, shape, facts }: ForwardContext, before: Value, after: Value): void {
  const name = activationName(shape.config) ?? facts.activation;
  if (name.startsWith('relu') && name !== 'relu2') {
    tape.keep(after, 'mlp');
    return;
  }
  tape.keep(before, 'mlp');
  const more = (Object.hasOwn(COMPOSED_ACTIVATION, name) ? (COMPOSED_ACTIVATION[name] ?? 1) : 1) - 1;
  if (more > 0) tape.perToken(more * after.width * after.item, 'mlp');
}

function activationName(config: RawConfig): string | null {
  const key = ACTIVATION_KEYS.find((each) => text(config, each) !== null);
  return key === undefined ? null : text(config, key);
}

const ACTIVATION_KEYS = ['hidden_activation', 'hidden_act', 'activation_function', 'activation', 'dense_act_fn'];

/** Experts: every token's rows go through `num_experts_per_tok` of them. An estimate: kernels differ. */
function traceExperts({ tape, shape, compute }: ForwardContext, block: Block, x: Value): Value {
  const perToken = ['num_experts_per_tok', 'num_experts_per_token', 'moe_topk']
    .map((key) => shape.config[key])
    .find((value) => typeof value === 'number');
  const chosen = typeof perToken === 'number' && perToken >= 1 ? Math.min(perToken, 1024) : 2;
  const down = block.experts.flatMap(({ tensors }) => tensors ?? []).find(([name]) => /down|w2|output/.test(name));
  const dims = down?.[1].slice(1) ?? [];
  const width = dims.find((size) => size !== shape.hiddenSize) ?? shape.intermediateSize ?? shape.hiddenSize;
  if (x.grad) tape.perToken(chosen * (3 * width + shape.hiddenSize) * compute, 'mlp');
  return tape.value(shape.hiddenSize, compute, x.grad);
}

function hiddenDropout(ctx: ForwardContext): number {
  return dropoutRate(
    ctx,
    'resid_pdrop hidden_dropout_prob hidden_dropout dropout_rate resid_dropout dropout'.split(' '),
  );
}

function attentionDropout(ctx: ForwardContext): number {
  return dropoutRate(ctx, ['attn_pdrop', 'attention_probs_dropout_prob', 'attention_dropout', 'dropout_rate']);
}

/** The rate under the first of the keys that the config has. */
function dropoutRate({ shape, facts }: ForwardContext, keys: readonly string[]): number {
  for (const key of keys) {
    const rate = shape.config[key];
    if (typeof rate === 'number') return rate;
  }
  return facts.dropout;
}
