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
import { elementCount } from './safetensors/safetensorsLayout';
import { undecodable } from './dtypes';
import { UNKNOWN_DTYPE } from './header';
import type { CheckpointHeader, TensorEntry } from './header';
import { mapInSteps } from './steps';
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

/** File names that many checkpoints share. Their folder's name tells them apart. */
const COMMON_NAMES: ReadonlySet<string> = new Set([
  'adapter_model.safetensors',
  'adapters.safetensors',
  'adapter.safetensors',
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_lora_weights.safetensors',
]);

/** The result of a training script that saves the wrong part of a model, or whose names match nothing. */
const EMPTY_ADAPTER: Problem = {
  severity: 'error',
  message: 'the adapter holds no tensors: no trained weights were saved to this file',
};

export function* describeCheckpoint(
  file: FileFacts,
  header: CheckpointHeader,
  config: AdapterConfig | null,
  collected: AdapterParts,
  lora: LoraPairing,
  prompts: PromptTensors,
): Steps<SourceDescription> {
  const adapter = yield* describeAdapter(collected, lora, config);
  // A file with several methods is named after the method of its first module.
  const adapted = adapter.modules.find((found) => found.method !== 'SAVED')?.method;
  const problems = [
    ...headerProblems(header, config),
    ...(config?.problems ?? []),
    ...lora.problems,
    ...prompts.problems,
    ...adapter.problems,
    ...(config?.matching.problems ?? []).map((message): Problem => ({ severity: 'warning', message })),
  ];
  return {
    kind: 'checkpoint',
    title: COMMON_NAMES.has(file.name) && file.folder !== '' ? `${file.folder}/${file.name}` : file.name,
    file: describeFile(file, header),
    method: config?.peftType ?? adapted ?? (isTrainedWhole(config) ? 'FULL' : null),
    config: config?.rows ?? [],
    parameters: header.tensors.reduce(
      (sum, { dtype, shape }) => sum + (dtype === UNKNOWN_DTYPE ? 0 : (elementCount(shape) ?? 0)),
      0,
    ),
    tensors: yield* mapInSteps(header.tensors, (entry) => describeTensor(entry, header)),
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
): TensorInfo {
  const file = shard === undefined ? undefined : header.shards?.[shard]?.name;
  const undecoded = readable ? undecodable(dtype) : null;
  return {
    name,
    dtype,
    shape,
    bytes: Math.max(0, end - begin),
    readable,
    ...(undecoded !== null && { undecoded: `${undecoded[0]!.toUpperCase()}${undecoded.slice(1)}.` }),
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
