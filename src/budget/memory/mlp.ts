/** The MLP of a block, or its experts, on the tape. */

import type { RawConfig } from '../../peftConfig/configValues';
import { text } from '../../peftConfig/configValues';
import type { Block } from './blocks';
import type { ForwardContext } from './layers';
import { traceLinear } from './layers';
import type { Value } from './tape';

/** Tensors kept by activation functions that consist of single operations. A fused kernel keeps one. */
const COMPOSED_ACTIVATION: Readonly<Record<string, number>> = { gelu_new: 4, gelu_fast: 4, quick_gelu: 2, relu2: 2 };

export function traceMlp(ctx: ForwardContext, block: Block, x: Value): Value {
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

/** Every token passes through `num_experts_per_tok` experts. This is an estimate, because kernels differ. */
export function traceExperts({ tape, shape, compute }: ForwardContext, block: Block, x: Value): Value {
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
