/**
 * Memory to run a model: weights, the key-value cache, and the forward pass of one token or of the prompt.
 *
 * An engine's own pools are left out. vLLM, for example, takes all the memory it is allowed and manages it itself.
 */

import { forwardFactsOf } from '../architectures';
import { tableFor } from '../computeBudget';
import { isObject } from '../../peftConfig/configValues';
import type { RawConfig } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';
import type { ModelShape } from '../modelShape';
import type { ModuleTable } from '../moduleTable';
import { blocksOf } from './blocks';
import { CACHE_BYTES, readInferenceSetup } from './setup';
import type { InferenceSetup } from './setup';
import type { MemoryEstimate, MemoryTerm } from './terms';
import { groupedDigits, CUDA_CONTEXT_BYTES, sumBytes } from './terms';
import { trainedModel } from './trainedModel';
import { weightBytes } from './weightBytes';

/** Takes what `estimateTrainingMemory` takes. A null `adapterConfig` means the model alone. */
export function estimateInferenceMemory(model: unknown, adapterConfig: unknown, given: unknown = {}): MemoryEstimate {
  const setup = readInferenceSetup(given);
  if (adapterConfig !== null && !isObject(adapterConfig))
    throw new ConfigError('(the adapter config)', adapterConfig, 'a JSON object, or null for none');
  const table = tableFor(model, adapterConfig);
  const item = setup.precision === 'fp32' ? 4 : 2;
  const weights = weightBytes(table, setup.quantization, item);
  const share = setup.gpus > 1 ? `, divided over ${setup.gpus} GPUs` : '';
  const adapter = adapterConfig === null || setup.merged ? null : adapterTerm(table, adapterConfig, item);
  const parts: readonly MemoryTerm[] = [
    {
      id: 'weights',
      group: 'weights',
      label: 'Weights',
      bytes: weights.total / setup.gpus,
      formula:
        (weights.quantized > 0 ? `${setup.quantization}: ${groupedDigits(weights.quantized)} bytes; ` : '') +
        `${groupedDigits(weights.plainParameters)} parameters x ${item} bytes${share}`,
      ...(setup.merged && adapterConfig !== null && { note: 'The adapter is merged and takes no memory.' }),
    },
    ...(adapter ? [adapter] : []),
    cacheTerm(table, setup, share),
    workTerm(table, setup, item, weights.largestQuantized),
  ];
  const terms = parts.map((term) => ({ ...term, bytes: Math.ceil(term.bytes) }));
  const totalBytes = sumBytes(terms);
  return {
    terms,
    totalBytes,
    deviceBytes: totalBytes + CUDA_CONTEXT_BYTES,
    contextBytes: CUDA_CONTEXT_BYTES,
    warnings: table.warnings,
  };
}

function adapterTerm(table: ModuleTable, config: RawConfig, item: number): MemoryTerm {
  const { trainable, layout, residentBytes } = trainedModel(table, config);
  const own = trainable - layout.trainedAsBase;
  const bytes = 4 * own + item * (layout.trainedAsBase + layout.frozenAsBase) + layout.frozenBytes + residentBytes;
  return {
    id: 'adapterWeights',
    group: 'adapter',
    label: 'Adapter weights',
    bytes,
    formula:
      `${groupedDigits(own)} values x 4 bytes, as PEFT loads them: ` +
      `${groupedDigits(bytes)} bytes with the adapter's buffers`,
  };
}

/** Values per token in the cache of one layer, and the number of tokens that it holds. */
interface LayerCache {
  readonly values: number;
  readonly positions: number;
}

function layerCaches(table: ModuleTable, contextLength: number): readonly LayerCache[] {
  const { shape } = table;
  const latent = latentWidth(shape);
  const decoder = blocksOf(table).blocks.filter(({ attentions }) => attentions.length > 0);
  const counted = shape.encoderDecoder ? decoder.filter(({ attentions }) => attentions.length > 1) : decoder;
  const cross = shape.encoderDecoder ? 2 : 1;
  return counted.map((_, layer) => ({
    values: cross * (latent ?? 2 * shape.keyValueWidth),
    positions: Math.min(contextLength, windowOf(shape, layer) ?? contextLength),
  }));
}

/** Multi-head latent attention (DeepSeek) caches one compressed vector and the rotated part of the key. */
function latentWidth({ config }: ModelShape): number | null {
  const rank = config['kv_lora_rank'];
  const rotated = config['qk_rope_head_dim'];
  return typeof rank === 'number' && typeof rotated === 'number' ? rank + rotated : null;
}

/** Tokens in the window of a layer with sliding attention; `null` if the layer uses full attention. */
function windowOf({ config, modelType }: ModelShape, layer: number): number | null {
  const window = config['sliding_window'];
  if (typeof window !== 'number' || window < 1 || config['use_sliding_window'] === false) return null;
  const types = config['layer_types'];
  if (Array.isArray(types)) return types[layer] === 'sliding_attention' ? window : null;
  const pattern = config['sliding_window_pattern'] ?? forwardFactsOf(modelType).slidingPattern;
  if (typeof pattern === 'number' && pattern > 1) return (layer + 1) % pattern === 0 ? null : window;
  const from = config['max_window_layers'];
  if (typeof from === 'number' && config['use_sliding_window'] === true) return layer >= from ? window : null;
  return window;
}

function cacheTerm(table: ModuleTable, setup: InferenceSetup, share: string): MemoryTerm {
  const caches = layerCaches(table, setup.contextLength);
  const item = CACHE_BYTES[setup.cacheDtype];
  const values = caches.reduce((sum, { values: each, positions }) => sum + each * positions, 0);
  const windowed = caches.filter(({ positions }) => positions < setup.contextLength).length;
  const latent = latentWidth(table.shape);
  return {
    id: 'cache',
    group: 'cache',
    label: 'Key-value cache',
    bytes: (setup.batch * values * item) / setup.gpus,
    formula:
      `${groupedDigits(setup.batch)} sequences x ${caches.length} layers ` +
      `x ${groupedDigits(caches[0]?.values ?? 0)} values ` +
      `x ${groupedDigits(setup.contextLength)} tokens x ${item} bytes` +
      (windowed > 0 ? `; ${windowed} layers hold only a sliding window` : '') +
      share,
    ...(latent !== null && {
      note: 'Only latent vectors are counted; transformers itself keeps expanded keys and values.',
    }),
  };
}

/** The peak of a prefill: the MLP of one block for all tokens, and one row of logits in float32. */
function workTerm(table: ModuleTable, setup: InferenceSetup, item: number, unpacked: number): MemoryTerm {
  const { blocks, outside } = blocksOf(table);
  const widest = blocks.reduce(
    (max, { mlpOutput, mlpInputs }) => Math.max(max, (mlpOutput?.inFeatures ?? 0) * (1 + mlpInputs.length)),
    0,
  );
  const width = widest + 2 * table.shape.hiddenSize;
  const vocabulary = outside.find(({ name }) => name === table.outputEmbedding)?.outFeatures ?? 0;
  const tokens = setup.batch * setup.contextLength;
  return {
    id: 'temporary',
    group: 'temporary',
    label: 'Prefill',
    bytes: tokens * width * item + setup.batch * vocabulary * (item + 4) + unpacked * item,
    formula:
      `${groupedDigits(tokens)} tokens x ${groupedDigits(width)} values x ${item} bytes, ` +
      `and ${groupedDigits(setup.batch)} rows of logits` +
      (unpacked > 0 ? `, and one unpacked weight: ${groupedDigits(unpacked * item)} bytes` : ''),
  };
}
