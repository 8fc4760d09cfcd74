/**
 * A module table from the names and shapes in a checkpoint's header, for architectures without a table.
 *
 * A weight does not state the kind of its module. Two dimensions are taken for a linear, or for an embedding if the
 * name suggests one; one dimension for a norm; more for a convolution. An output layer that the file lacks is tied to
 * the embedding.
 */

import { factsOf } from './architectures';
import { fuseExperts, hasBareRouters } from './checkpointExperts';
import type { RawConfig } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import type { ModelShape } from './modelShape';
import type { Module, ModuleTable } from './moduleTable';
import type { NamedShape, Row } from './rows';
import { bare, conv, embedding, linear, norm, rowTensors, tied } from './rows';

/** Ten times as many tensors as the largest checkpoints have. */
const MAX_TENSORS = 1_000_000;

/** transformers 5 keeps the routers of the types whose experts it fuses as bare tensors. */
const ROUTER = /\.(?:gate|router)$/;
const EMBEDDING = /(^|[._])(embed(?!\w*proj)\w*|wte|wpe|shared|relative_attention_bias|rel_embeddings)$|_embeddings?$/;
const OUTPUT = /^(?:embed_out|output|proj_out)$|(?:^|\.)lm_head$/;
/** Tensors that only a quantised checkpoint has. The shapes of its packed weights are not those of the modules. */
export const PACKED = /\.(?:qweight|weight_packed|W_q|weight\.absmax|SCB|scales|weight_scale(?:_inv|_2)?)$|_blocks$/;
/** The index of a layer in a tensor's name. */
const LAYER = /(?:^|\.)(?:layers|h|blocks)\.(\d{1,4})\./;
/** Buffers that some checkpoints hold beside the parameters. */
export const BUFFER =
  /(?:^|\.)(?:rotary_emb\.inv_freq|position_ids|masked_bias|num_batches_tracked|running_mean|running_var|layer_scalar)$/;

/**
 * The config with the number of layers and heads filled in. State space models have no heads, and some configs list the
 * kinds of their layers instead of a number. Only the layers' indices and the shapes of tensors count.
 */
export function withSizesOf(config: RawConfig, tensors: readonly NamedShape[]): RawConfig {
  const last = tensors.reduce((most, [name]) => Math.max(most, Number(LAYER.exec(name)?.[1] ?? 0)), 0);
  return { num_attention_heads: 1, num_hidden_layers: last + 1, ...config };
}

export function tableFromTensors(shape: ModelShape, tensors: readonly NamedShape[]): ModuleTable {
  if (tensors.length > MAX_TENSORS)
    throw new ConfigError('(the header)', tensors.length, `at most ${MAX_TENSORS} tensors`);
  const packed = tensors.find(([name]) => PACKED.test(name));
  if (packed)
    throw new ConfigError('(the header)', packed[0], 'weights that are not packed: the checkpoint is quantised');
  const groups = new Map<string, NamedShape[]>();
  for (const [stored, size] of fuseExperts(shape, tensors)) {
    const name = shape.textPartOnly ? besideLanguage(stored) : stored;
    if (BUFFER.test(name)) continue;
    const dot = name.lastIndexOf('.');
    const module = name.slice(0, Math.max(0, dot));
    const group = groups.get(module) ?? [];
    group.push([name.slice(dot + 1), size]);
    groups.set(module, group);
  }
  const modules = [...groups].map(([name, group]) => toModule(rowOf(name, group, shape)));
  const names = new Set(modules.map(({ name }) => name));
  const input = modules.find(({ kind, name }) => kind === 'embedding' && !/pos|type|wpe/.test(name)) ?? null;
  if (input && shape.tiedEmbeddings && !modules.some(({ name }) => OUTPUT.test(name)))
    modules.push(toModule(tied(linear('lm_head', input.outFeatures, input.inFeatures))));
  return {
    shape: { ...shape, textPartOnly: false },
    modules,
    parameters: modules.reduce((sum, module) => sum + (module.tied ? 0 : module.parameters), 0),
    outputEmbedding: modules.find(({ name }) => OUTPUT.test(name))?.name ?? null,
    inputEmbedding: input?.name ?? null,
    taskHeads: ['classifier', 'score', 'qa_outputs'].filter((head) => names.has(head)),
    warnings: ['Modules are read from the checkpoint; their kinds are inferred from shapes and names.'],
  };
}

/** transformers 5 keeps the language model beside the other parts, and the output layer above all of them. */
function besideLanguage(stored: string): string {
  if (/^(?:model|lm_head)\./.test(stored)) return stored;
  const name = stored.replace(/^language_model\.(?:lm_head|model)\./, (prefix) =>
    prefix.endsWith('lm_head.') ? 'lm_head.' : 'language_model.',
  );
  return name.startsWith('lm_head.') ? name : `model.${name}`;
}

/** A module of a checkpoint with its kind inferred from the shapes of its tensors, given without the module's name. */
export function rowOf(name: string, group: readonly NamedShape[], { modelType }: ModelShape): Row {
  const weight = group.find(([tensor]) => tensor === 'weight')?.[1];
  const bias = group.some(([tensor]) => tensor === 'bias');
  const plain = weight && group.every(([tensor]) => tensor === 'weight' || tensor === 'bias');
  if (!plain || (ROUTER.test(name) && hasBareRouters(modelType))) return bare(name, ...group);
  const [first = 0, second = 0, ...kernel] = weight;
  if (weight.length === 1) return norm(name, first, bias);
  if (weight.length === 2) {
    if (!bias && EMBEDDING.test(name)) return embedding(name, first, second);
    return factsOf(modelType).conv1d && !OUTPUT.test(name)
      ? { ...linear(name, first, second, bias), kind: 'conv1d' }
      : linear(name, second, first, bias);
  }
  return weight.length > 2 ? conv(name, second, first, kernel, bias) : bare(name, ...group);
}

export function toModule(row: Row): Module {
  const index = /\.(\d+)\./.exec(`${row.name}.`)?.[1];
  const parameters = rowTensors(row).reduce(
    (sum, [, size]) => sum + size.reduce((product, each) => product * each, 1),
    0,
  );
  return { ...row, layer: index === undefined ? null : Number(index), parameters };
}
