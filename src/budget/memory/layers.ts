/** Single layers on the tape: norms, and linear layers with their adapters. */

import type { ForwardFacts } from '../architectures/forwardFacts';
import type { Adapted, Keeper } from '../methods/kept';
import { sized } from '../methods/kept';
import type { Method } from '../methods/method';
import type { ModelShape } from '../modelShape';
import type { Module } from '../moduleTable';
import type { TrainingSetup } from './setup';
import type { Place, Tape, Value } from './tape';

/** What all layers of a forward pass share. */
export interface ForwardContext {
  readonly tape: Tape;
  readonly setup: TrainingSetup;
  readonly shape: ModelShape;
  readonly facts: ForwardFacts;
  /** Tokens of one sequence, and the key positions that precede them (prefixes). */
  readonly length: number;
  readonly prefix: number;
  readonly method: Method | null;
  readonly adapted: ReadonlyMap<string, Adapted>;
  /** Whether a module's own weight is trained. */
  readonly trains: (module: Module) => boolean;
  /** Whether bitsandbytes holds the module's weight. */
  readonly quantized: (module: Module) => boolean;
  /** Bytes of an activation's value outside autocast's products, and inside them. */
  readonly stream: number;
  readonly compute: number;
  /** Bytes of a value in the adapter's products. */
  readonly adapterItem: number;
  readonly autocast: boolean;
  readonly weightItem: number;
  /** LLaMA-Adapter: the length of its prompts, and the names of the attentions that have one. */
  readonly adaption: { readonly length: number; readonly holders: ReadonlySet<string> } | null;
}

/** LayerNorm keeps its input. RMSNorm consists of single operations, which keep a float32 copy of it. */
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
    // MatMul8bitLt keeps its input, although the gradient of a frozen weight is not needed.
    tape.keep(x, place);
  }
  if (ctx.autocast && ctx.weightItem === 4 && !ctx.quantized(module) && (x.grad || trained))
    tape.once(module.inFeatures * module.outFeatures * ctx.compute, 'autocast');
  const item = ctx.quantized(module) ? x.item : ctx.compute;
  const out = tape.value(module.outFeatures, item, x.grad || trained || adapted !== undefined);
  if (adapted) ctx.method?.keeps?.(keeper(ctx, x, out), sized(adapted));
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

/** The dropout rate from the first of the keys that the config has, or else the type's default. */
export function dropoutRate({ shape, facts }: ForwardContext, keys: readonly string[]): number {
  for (const key of keys) {
    const rate = shape.config[key];
    if (typeof rate === 'number') return rate;
  }
  return facts.dropout;
}
