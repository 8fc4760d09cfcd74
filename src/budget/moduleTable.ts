/**
 * A model as a flat list of its modules: names, shapes, parameters. All that a PEFT method needs to know.
 *
 * An architecture (architectures/) is written as sections of rows; `buildModuleTable` repeats the sections that are
 * layers and adds up the parameters.
 */

import { architectureOf, knownModelTypes } from './architectures';
import { UnknownArchitectureError } from './errors';
import { headKindOf } from './head';
import type { ModelShape } from './modelShape';
import type { Row } from './rows';

export interface Module extends Omit<Row, 'firstOnly'> {
  /** Full dotted name: 'model.layers.0.self_attn.q_proj'. */
  readonly name: string;
  /** Index of its layer, null outside the layers. */
  readonly layer: number | null;
  /** Of this module alone, whether or not the weight is shared. */
  readonly parameters: number;
}

export interface ModuleTable {
  readonly shape: ModelShape;
  readonly modules: readonly Module[];
  /** Of the whole model, shared weights counted once. */
  readonly parameters: number;
  /** The output layer that `all-linear` leaves out, null where there is none. */
  readonly outputEmbedding: string | null;
  /** Modules that a task's config always trains whole, 'classifier'; PEFT adds them to modules_to_save. */
  readonly taskHeads: readonly string[];
  /** What the count leaves out, for people. */
  readonly warnings: readonly string[];
}

/** Throws `UnknownArchitectureError` for a model type without a table, `ConfigError` for a config that lacks a size. */
export function buildModuleTable(shape: ModelShape): ModuleTable {
  const architecture = architectureOf(shape.modelType);
  if (!architecture) throw new UnknownArchitectureError(shape.modelType, knownModelTypes());
  const kind = headKindOf(shape.className, architecture.usualHead);
  const head = architecture.head(shape, kind);
  const warnings: string[] = [];
  if (!head)
    warnings.push(`The output layer of ${shape.className ?? 'this class'} is not in the tables and is not counted.`);
  if (shape.textPartOnly) warnings.push('Only the language model of this multimodal config is counted.');

  const base = kind === 'none' ? '' : architecture.baseModel;
  const modules: Module[] = [];
  for (const section of architecture.sections(shape, kind)) {
    const path = [base, section.path].filter(Boolean).join('.');
    if (section.repeat === undefined) modules.push(...section.rows.map((row) => toModule(row, path, null)));
    else
      for (let layer = 0; layer < section.repeat; layer++) {
        const rows = layer === 0 ? section.rows : section.rows.filter((row) => !row.firstOnly);
        modules.push(...rows.map((row) => toModule(row, `${path}.${layer}`, layer)));
      }
  }
  modules.push(...(head?.rows ?? []).map((row) => toModule(row, '', null)));
  return {
    shape,
    modules,
    parameters: modules.reduce((sum, module) => sum + ownParameters(module), 0),
    outputEmbedding: head?.outputEmbedding ?? null,
    taskHeads: head?.taskHeads ?? [],
    warnings,
  };
}

/** The tensors of a module under its name: weight, then bias. */
export function moduleTensors(module: Module): { readonly name: string; readonly shape: readonly number[] }[] {
  const { kind, inFeatures, outFeatures, name } = module;
  const weight =
    kind === 'norm' ? [outFeatures] : kind === 'linear' ? [outFeatures, inFeatures] : [inFeatures, outFeatures];
  const tensors = [{ name: `${name}.weight`, shape: weight }];
  return module.bias ? [...tensors, { name: `${name}.bias`, shape: [outFeatures] }] : tensors;
}

function toModule({ firstOnly: _, ...row }: Row, path: string, layer: number | null): Module {
  const { kind, inFeatures, outFeatures, bias } = row;
  const weight = kind === 'norm' ? outFeatures : inFeatures * outFeatures;
  return {
    ...row,
    name: path ? `${path}.${row.name}` : row.name,
    layer,
    parameters: weight + (bias ? outFeatures : 0),
  };
}

/** A tied output layer shares the weight, never the bias. */
function ownParameters(module: Module): number {
  if (!module.tied) return module.parameters;
  return module.bias ? module.outFeatures : 0;
}
