/**
 * The base with the changes of several trainings added to its weights:
 *
 *     W + factor·scaling·B·A                for LoRA
 *     W + factor·(W' - W)                   for full fine-tuning, whose tensors W' are the model's own
 *
 * Left out: DoRA, whose change is not a sum, and methods that change no weights.
 */

import { UnknownMethodError } from '../budget/errors';
import { moduleScaling } from '../model/adapters/loraMethod';
import type { NamedTensors } from '../model/buildModel';
import { parseAdapterConfig } from '../peftConfig/adapterConfig';
import type { RawConfig } from '../peftConfig/configValues';
import { addScaled } from '../tensor/elementwise';
import { ShapeError } from '../tensor/errors';
import { matmul } from '../tensor/matmul';
import { checkShape } from '../tensor/tensor';
import type { Tensor } from '../tensor/tensor';

interface WeightChange {
  /** The adapter_config.json of LoRA; `null` for full fine-tuning. */
  readonly config: RawConfig | null;
  readonly tensors: NamedTensors;
  /** What the change is multiplied by. */
  readonly factor: number;
}

const FACTOR_A = /^base_model\.model\.(.*)\.lora_A\.weight$/;

/** @throws ShapeError for a tensor that does not fit the base; UnknownMethodError for what cannot be added. */
export function mergedBase(base: NamedTensors, changes: readonly WeightChange[]): NamedTensors {
  const merged = Object.fromEntries(Object.entries(base).map(([name, tensor]) => [name, tensor.clone()]));
  for (const change of changes) {
    if (change.config) addLora(merged, change.config, change);
    else addWhole(merged, base, change);
  }
  return merged;
}

function addLora(merged: Record<string, Tensor>, given: RawConfig, { tensors, factor }: WeightChange): void {
  const config = parseAdapterConfig(JSON.stringify(given));
  const modules = Object.keys(tensors).flatMap((name) => FACTOR_A.exec(name)?.[1] ?? []);
  if (config.useDora || modules.length === 0)
    throw new UnknownMethodError('only adapters of LoRA without DoRA can be added to the weights');
  for (const module of modules) {
    const [a, b] = ['A', 'B'].map((letter) => tensors[`base_model.model.${module}.lora_${letter}.weight`]);
    if (!a || !b) throw new ShapeError(`mergedBase: ${module}`, 'lora_A and lora_B', 'one of them');
    const weight = target(merged, `${module}.weight`);
    const delta = matmul(b, a);
    checkShape(`mergedBase: ${module}`, delta, weight.shape);
    addScaled(weight, delta, factor * moduleScaling(module, a.shape[0]!, config));
  }
}

function addWhole(merged: Record<string, Tensor>, base: NamedTensors, { tensors, factor }: WeightChange): void {
  for (const [name, after] of Object.entries(tensors)) {
    const weight = target(merged, name);
    checkShape(`mergedBase: ${name}`, after, weight.shape);
    addScaled(addScaled(weight, after, factor), base[name]!, -factor);
  }
}

function target(merged: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const weight = merged[name];
  if (weight) return weight;
  throw new ShapeError(`mergedBase: ${name}`, 'a tensor of the base', 'none');
}
