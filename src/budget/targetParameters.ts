/**
 * LoRA on bare tensors (`target_parameters`), which mixtures of experts need. A tensor of E experts gets A of shape
 * (rank * E, in) and B of shape (out, rank * E).
 */

import { TargetError } from './errors';
import type { Part } from './methods/method';
import { trained } from './methods/method';
import type { Module, ModuleTable } from './moduleTable';
import { moduleTensors } from './moduleTable';

export interface AdaptedParameter {
  /** The tensor's full name: 'model.layers.0.mlp.experts.down_proj'. */
  readonly name: string;
  readonly rank: number;
  readonly parts: readonly Part[];
}

export function adaptParameters(
  table: ModuleTable,
  names: readonly string[],
  rankOf: (name: string) => number,
  adapted: ReadonlySet<string>,
): readonly AdaptedParameter[] {
  const wanted = new Set(names);
  const isWanted = (key: string): boolean => wanted.has(key) || names.some((name) => key.endsWith(`.${name}`));
  return table.modules.flatMap((module) => {
    const tensors = moduleTensors(module).filter(({ name }) => isWanted(name));
    if (tensors.length === 0) return [];
    if (adapted.has(module.name))
      throw new TargetError(`'${module.name}' is named by both target_modules and target_parameters`);
    return tensors.map(({ name, shape }, index) => {
      const rank = rankOf(name);
      const path = module.name + '.base_layer'.repeat(tensors.length - 1 - index);
      return { name, rank, parts: factors(path, shape, rank, module) };
    });
  });
}

function factors(path: string, shape: readonly number[], rank: number, module: Module): Part[] {
  const [first = 0, second = 0, third] = shape;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new TargetError(`target parameter of '${module.name}' has ${shape.length} dimensions, expected 2 or 3`);
  }
  const experts = third === undefined ? 1 : first;
  const [x, y] = third === undefined ? [first, second] : [second, third];
  const [input, output] = module.transposed && third !== undefined ? [x, y] : [y, x];
  return [
    trained(`${path}.lora_A.weight`, rank * experts, input),
    trained(`${path}.lora_B.weight`, output, rank * experts),
  ];
}
