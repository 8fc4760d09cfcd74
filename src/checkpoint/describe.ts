/** Describes an opened checkpoint from its header, the config beside it and the file's own facts. */

import type { AdapterTargets, SourceDescription, TensorInfo } from './sourceDescription';
import type { Problem } from '../peftConfig/problem';
import { isTrainedWhole, stringList } from '../peftConfig/adapterConfig';
import type { AdapterConfig } from '../peftConfig/adapterConfig';
import { adapterLayout } from './adapters/adapterLayout';
import { describeAdapter } from './adapters/adapterModules';
import type { AdapterParts } from './adapters/adapterParts';
import { describeBottlenecks } from './adapters/bottleneckAdapters';
import type { LoraPairing } from './adapters/loraPairs';
import type { PromptTensors } from './adapters/promptTensors';
import { unknownPairs } from './adapters/unknownPairs';
import { elementCount } from './safetensors/safetensorsLayout';
import { undecodable } from './dtypes';
import { logicalParameters } from './packedParameters';
import type { PackedWeights } from './packedParameters';
import type { RawConfig } from '../peftConfig/configValues';
import { UNKNOWN_DTYPE } from './header';
import type { CheckpointHeader, TensorEntry } from './header';
import { filterInSteps, mapInSteps } from './steps';
import type { Steps } from './steps';

/** Maximum number of listed problems. Thousands have one cause; a last entry counts those left out. */
const MAX_PROBLEMS = 200;

/** Maximum number of target names taken from a config. PEFT writes a few dozen. */
const MAX_TARGETS = 1000;

/** Entries of the metadata that are shown. GGUF files have some dozens. */
const MAX_METADATA = 2_000;
/** Characters of a key or value that are shown. The settings that trainers store have some thousands. */
const MAX_METADATA_TEXT = 1 << 16;

export interface FileFacts {
  readonly path: string;
  /** The file's name, and below it the name of its folder. */
  readonly name: string;
  readonly folder: string;
  readonly bytes: number;
  /** Modification time in ms since the epoch. */
  readonly modified: number;
}

/** The result of a training script that saves the wrong part of a model, or whose names match nothing. */
const EMPTY_ADAPTER: Problem = {
  severity: 'error',
  message: 'the adapter holds no tensors: no trained weights were saved to this file',
};

const NOTHING_PACKED: PackedWeights = { weights: new Map(), companions: new Set() };

/** What is known beside the adapter's config. */
interface Beside {
  /** Whether there is an adapter_config.json, whether or not it could be used. */
  readonly hasConfig: boolean;
  /** The packed weights of a base model. */
  readonly packed?: PackedWeights;
  /** How config.json says that the weights are quantised; `null` if it says nothing. */
  readonly quantization?: RawConfig | null;
}

export function* describeCheckpoint(
  file: FileFacts,
  header: CheckpointHeader,
  config: AdapterConfig | null,
  collected: AdapterParts,
  lora: LoraPairing,
  prompts: PromptTensors,
  { hasConfig, packed = NOTHING_PACKED, quantization = null }: Beside = { hasConfig: config !== null },
): Steps<SourceDescription> {
  const adapter = yield* describeAdapter(collected, lora, config);
  // A file with several methods is named after the method of its first module.
  const adapted = adapter.modules.find((found) => found.method !== 'SAVED')?.method;
  const nothingKnown = adapter.modules.length + prompts.prompts.length + prompts.prefixes.length === 0;
  const guess =
    nothingKnown && !config?.peftType && !isTrainedWhole(config)
      ? yield* unknownPairs(header.tensors, hasConfig)
      : null;
  const problems = [
    ...packingNotes(packed, quantization),
    ...headerProblems(header, config),
    ...(config?.problems ?? []),
    ...lora.problems,
    ...prompts.problems,
    ...adapter.problems,
    ...(guess ? [guess] : []),
    ...(config?.matching.problems ?? []).map((message): Problem => ({ severity: 'warning', message })),
  ];
  return {
    kind: 'checkpoint',
    title: file.folder === '' ? file.name : `${file.folder}/${file.name}`,
    file: describeFile(file, header),
    method: config?.peftType ?? adapted ?? (isTrainedWhole(config) ? 'FULL' : null),
    config: config?.rows ?? [],
    parameters: logicalParameters(
      yield* filterInSteps(
        header.tensors,
        ({ dtype, shape }) => dtype !== UNKNOWN_DTYPE && elementCount(shape) !== null,
      ),
      packed,
    ),
    tensors: yield* mapInSteps(header.tensors, (entry) => describeTensor(entry, header, packed)),
    lora: lora.modules,
    adapters: adapter.modules,
    unexplained: adapter.unexplained,
    settings: config && targetsOf(config),
    layout: adapterLayout(header.tensors, collected, config, header.metadata),
    bottlenecks: describeBottlenecks(collected, config),
    prefixes: prompts.prefixes,
    prompts: prompts.prompts,
    problems: [...problems.slice(0, MAX_PROBLEMS), ...more(problems.length - MAX_PROBLEMS)],
  };
}

function headerProblems(header: CheckpointHeader, config: AdapterConfig | null): Problem[] {
  return [
    ...header.errors.map(({ message, subject }): Problem => ({
      severity: 'error',
      message,
      ...(subject !== undefined && { subject }),
    })),
    ...more(header.errorCount - header.errors.length),
    ...(header.notes ?? []),
    ...(config && header.tensors.length === 0 && header.errorCount === 0 ? [EMPTY_ADAPTER] : []),
  ];
}

function describeFile(
  { path, bytes, modified }: FileFacts,
  header: CheckpointHeader,
): NonNullable<SourceDescription['file']> {
  const { format, headerBytes, metadata, shards } = header;
  return {
    path,
    bytes,
    modified,
    format,
    headerBytes,
    metadata: shownMetadata(metadata),
    ...(shards && { shards: shards.map((shard) => ({ name: shard.name, bytes: shard.bytes })) }),
  };
}

/** Says that parameters are counted as the weights they stand for, or that they cannot be. */
function packingNotes({ weights }: PackedWeights, quantization: RawConfig | null): Problem[] {
  if (weights.size > 0) {
    const formats = [...new Set([...weights.values()].map(({ format }) => format))].slice(0, 3).join('; ');
    const message =
      `${weights.size} weights are quantised (${formats}): parameters and shapes are those of the weights, without ` +
      'scales and zero points; values are shown as they are stored';
    return [{ severity: 'info', message }];
  }
  if (!quantization) return [];
  const method = typeof quantization['quant_method'] === 'string' ? ` (${quantization['quant_method']})` : '';
  const message = `config.json says that the weights are quantised${method}, in a packing that is not known: stored numbers are counted`;
  return [{ severity: 'warning', message }];
}

/** The beginning of the metadata. What is cut off is said, with its length. */
function shownMetadata(metadata: CheckpointHeader['metadata']): (readonly [string, string])[] {
  const shown = metadata.slice(0, MAX_METADATA).map(([key, value]) => [cut(key), cut(value)] as const);
  const more = metadata.length - shown.length;
  return more > 0 ? [...shown, ['…', `${more} more are not shown`]] : shown;
}

function cut(text: string): string {
  if (text.length <= MAX_METADATA_TEXT) return text;
  return `${text.slice(0, MAX_METADATA_TEXT)}… (the first ${MAX_METADATA_TEXT} of ${text.length} characters)`;
}

function describeTensor(
  { name, dtype, shape, begin, end, readable, shard }: TensorEntry,
  header: CheckpointHeader,
  { weights }: PackedWeights,
): TensorInfo {
  const packed = weights.get(name);
  const file = shard === undefined ? undefined : header.shards?.[shard]?.name;
  const undecoded = readable ? undecodable(dtype) : null;
  return {
    name,
    dtype,
    shape,
    bytes: Math.max(0, end - begin),
    readable,
    ...(undecoded !== null && { undecoded: `${undecoded[0]!.toUpperCase()}${undecoded.slice(1)}.` }),
    ...(packed && {
      packed: { name: packed.name, format: packed.format, shape: packed.shape, parameters: packed.parameters },
    }),
    ...(file !== undefined && { file }),
  };
}

function targetsOf({ get }: AdapterConfig): AdapterTargets {
  const modules = get('target_modules');
  return {
    targetModules: Array.isArray(modules) ? stringList(modules).slice(0, MAX_TARGETS) : [],
    targetPattern: typeof modules === 'string' ? modules : null,
    targetParameters: stringList(get('target_parameters')).slice(0, MAX_TARGETS),
    excludedModules: stringList(get('exclude_modules')).slice(0, MAX_TARGETS),
    modulesToSave: stringList(get('modules_to_save')).slice(0, MAX_TARGETS),
  };
}

function more(count: number): Problem[] {
  return count > 0 ? [{ severity: 'warning', message: `${count} more problems are not listed` }] : [];
}
