/**
 * The module table of a model whose config.json and checkpoint are both at hand. The modules are those of the model in
 * memory: where the config alone gives them exactly, they come from the config. A multimodal model has its language
 * model from the config and everything else from the checkpoint, renamed as transformers 5 renames it.
 */

import { architectureOf } from './architectures';
import type { ModelShape } from './modelShape';
import { buildModuleTable, moduleTensors } from './moduleTable';
import type { Module, ModuleTable } from './moduleTable';
import type { NamedShape } from './rows';
import { BUFFER, PACKED, rowOf, tableFromTensors, toModule } from './weightsTable';

/** Prefixes of a language model's tensors in checkpoints of multimodal models, the longest first. */
const LANGUAGE_PREFIXES = [
  'language_model.model.model.',
  'model.language_model.model.',
  'language_model.model.',
  'model.language_model.',
  'model.text_model.',
  'text_model.model.',
  'thinker.model.',
  'language_model.',
  'model.',
  '',
];
/** Different shapes that one warning names. */
const LISTED = 3;

export function tableFromCheckpoint(shape: ModelShape, tensors: readonly NamedShape[]): ModuleTable {
  if (!architectureOf(shape.modelType)) return tableFromTensors(shape, tensors);
  if (shape.textPartOnly) return withOtherParts(buildModuleTable(tiedAsStored(shape, tensors)), tensors);
  const table = buildModuleTable(shape);
  // A class whose head is not in the tables is counted from the file.
  if (table.warnings.length > 0) return tableFromTensors(shape, tensors);
  return { ...table, warnings: differences(table, tensors) };
}

/** Shapes that the checkpoint and the config disagree about. transformers fails on them, so the config is counted. */
function differences(table: ModuleTable, tensors: readonly NamedShape[]): string[] {
  if (tensors.some(([name]) => PACKED.test(name))) return [];
  const expected = new Map(table.modules.flatMap(moduleTensors).map(({ name, shape }) => [name, shape]));
  const different = tensors.filter(([name, shape]) => {
    const own = expected.get(name);
    return own !== undefined && own.join() !== shape.join();
  });
  if (different.length === 0) return [];
  const listed = different
    .slice(0, LISTED)
    .map(([name, shape]) => `${name} is [${shape.join(', ')}], not [${expected.get(name)!.join(', ')}]`);
  const more = different.length > LISTED ? ` and ${different.length - LISTED} more` : '';
  return [`The checkpoint differs from config.json, which is counted: ${listed.join('; ')}${more}.`];
}

/** A multimodal config that does not say whether the output layer is tied: its class decides, and the file shows it. */
function tiedAsStored(shape: ModelShape, tensors: readonly NamedShape[]): ModelShape {
  if (typeof shape.whole['tie_word_embeddings'] === 'boolean' || shape.whole['text_config'] === undefined) return shape;
  return { ...shape, tiedEmbeddings: !tensors.some(([name]) => /(?:^|\.)lm_head\./.test(name)) };
}

/** Adds the modules of the vision tower and the like, which only the checkpoint lists. */
function withOtherParts(table: ModuleTable, tensors: readonly NamedShape[]): ModuleTable {
  const { shape } = table;
  const holder = shape.wrapper?.base('model', false) ?? '';
  const own = new Set(table.modules.flatMap(moduleTensors).map(({ name }) => languageTail(name, holder)));
  const groups = new Map<string, NamedShape[]>();
  for (const [stored, size] of tensors) {
    if (LANGUAGE_PREFIXES.some((prefix) => stored.startsWith(prefix) && own.has(stored.slice(prefix.length)))) continue;
    if (BUFFER.test(stored)) continue;
    const name = inMemory(stored, holder);
    const dot = name.lastIndexOf('.');
    const module = name.slice(0, Math.max(dot, 0));
    const group = groups.get(module) ?? [];
    groups.set(module, group);
    group.push([name.slice(dot + 1), size]);
  }
  const others = [...groups].map(([name, group]) => toModule(rowOf(name, group, shape)));
  const modules: Module[] = [...table.modules, ...others];
  return {
    ...table,
    shape: { ...shape, textPartOnly: false },
    modules,
    parameters: table.parameters + others.reduce((sum, { parameters }) => sum + parameters, 0),
    warnings: ['Modules beside the language model are read from the checkpoint; their kinds are inferred from shapes.'],
  };
}

/** The name within the language model: 'layers.0.mlp.up_proj.weight', 'lm_head.weight'. */
function languageTail(name: string, holder: string): string {
  return name.startsWith(`${holder}.`)
    ? name.slice(holder.length + 1)
    : name.replace(/^(?:language_model|thinker)\./, '');
}

/** transformers 5 keeps all parts of most multimodal models under `model`. */
function inMemory(name: string, holder: string): string {
  return holder.startsWith('model.') && !name.startsWith('model.') ? `model.${name}` : name;
}
