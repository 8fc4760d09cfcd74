/**
 * A model as a flat list of modules with their names, shapes and parameters. PEFT methods need no more than that.
 *
 * An architecture (architectures/) consists of sections of rows. `buildModuleTable` repeats the sections that are
 * layers and sums the parameters.
 */

import { architectureOf, knownModelTypes } from './architectures';
import { ConfigError } from '../peftConfig/errors';
import { UnknownArchitectureError } from './errors';
import { headKindOf } from './head';
import type { ModelShape } from './modelShape';
import type { Row } from './rows';
import { rowTensors } from './rows';

export interface Module extends Omit<Row, 'only'> {
  /** Full dotted name: 'model.layers.0.self_attn.q_proj'. */
  readonly name: string;
  /** Index of the module's layer; `null` outside the layers. */
  readonly layer: number | null;
  /** Parameters of this module alone, shared or not. */
  readonly parameters: number;
}

export interface ModuleTable {
  readonly shape: ModelShape;
  readonly modules: readonly Module[];
  /** Parameters of the whole model. Shared weights count once. */
  readonly parameters: number;
  /** The output layer, which `all-linear` leaves out; `null` if there is none. */
  readonly outputEmbedding: string | null;
  /** The embedding of the tokens; `null` if there is none. */
  readonly inputEmbedding: string | null;
  /** Modules that PEFT adds to modules_to_save for the task, such as 'classifier'. */
  readonly taskHeads: readonly string[];
  /** Sentences about what the count leaves out. */
  readonly warnings: readonly string[];
}

/** Far more than any published model has; Llama-3 405B has 1,139 modules. */
const MAX_MODULES = 50_000;

/** Throws `UnknownArchitectureError` for a type without a table, `ConfigError` for a config that lacks a size. */
export function buildModuleTable(shape: ModelShape): ModuleTable {
  const architecture = architectureOf(shape.modelType);
  if (!architecture) throw new UnknownArchitectureError(shape.modelType, knownModelTypes());
  const kind = headKindOf(shape.className, architecture);
  const head = architecture.head(shape, kind);
  const warnings: string[] = [];
  if (!head)
    warnings.push(`The output layer of ${shape.className ?? 'this class'} is not in the tables and is not counted.`);
  if (shape.textPartOnly) {
    warnings.push(
      'Only the language model of this multimodal config is counted, not the vision tower, the projector ' +
        'or any adapters on them.',
    );
  }

  const wrapped = shape.wrapper;
  const ownPath = typeof architecture.baseModel === 'string' ? architecture.baseModel : architecture.baseModel(kind);
  const base = wrapped
    ? wrapped.base(ownPath, kind === 'none')
    : kind === 'none' && !architecture.alwaysWrapped
      ? ''
      : ownPath;
  const modules: Module[] = [];
  for (const section of architecture.sections(shape, kind)) {
    const path = join(base, section.path);
    if (section.rows.length * (section.repeat ?? 1) > MAX_MODULES)
      throw new ConfigError('num_hidden_layers', section.repeat, `a model of at most ${MAX_MODULES} modules`);
    if (section.repeat === undefined) for (const row of section.rows) modules.push(toModule(row, path, null));
    else
      for (let layer = 0; layer < section.repeat; layer++) {
        const rows = section.rows.filter((row) => !row.only || row.only(layer));
        for (const row of rows) modules.push(toModule(row, `${path}.${layer}`, layer));
      }
  }
  const headPath = wrapped?.head ?? '';
  for (const row of head?.rows ?? []) modules.push(toModule(row, headPath, null));
  return {
    shape,
    modules,
    parameters: modules.reduce((sum, module) => sum + ownParameters(module), 0),
    outputEmbedding: head?.outputEmbedding ? join(headPath, head.outputEmbedding) : null,
    inputEmbedding: inputEmbeddingOf(modules, shape),
    taskHeads: head?.taskHeads ?? [],
    warnings,
  };
}

/** Whether the output layer shares the weight of the input embedding. */
export function isTied(table: ModuleTable): boolean {
  return table.modules.some(({ name, tied }) => tied === true && name === table.outputEmbedding);
}

/** The tensors of a module with their full names: weight, then bias. */
export function moduleTensors(module: Module): { readonly name: string; readonly shape: readonly number[] }[] {
  return rowTensors(module).map(([name, shape]) => ({ name: join(module.name, name), shape }));
}

/** Parameters that the module adds to the model's total. Shared weights count in the module that owns them. */
export function ownParameters(module: Module): number {
  const bias = module.bias ? module.outFeatures : 0;
  const weight = module.parameters - bias;
  return (module.tied ? 0 : weight) + (module.tiedBias ? 0 : bias);
}

function toModule({ only: _, ...row }: Row, path: string, layer: number | null): Module {
  const parameters = rowTensors(row).reduce(
    (sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  return { ...row, name: join(path, row.name), layer, parameters };
}

function inputEmbeddingOf(modules: readonly Module[], { vocabSize }: ModelShape): string | null {
  const first = modules.find(({ kind, inFeatures }) => kind === 'embedding' && inFeatures === vocabSize);
  return first?.name ?? null;
}

function join(...segments: readonly string[]): string {
  return segments.filter(Boolean).join('.');
}
