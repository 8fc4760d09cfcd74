/** What an opened checkpoint holds, from its header, the config beside it and the file itself. */

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
import type { CheckpointHeader } from './header';

/** Problems listed; a file with thousands has one cause, and the list says how many more there are. */
const MAX_PROBLEMS = 200;

/** Names of a config that are looked for among the modules; PEFT writes a few dozen. */
const MAX_TARGETS = 1000;

export interface FileFacts {
  readonly path: string;
  /** The file's name and that of its folder. */
  readonly name: string;
  readonly folder: string;
  readonly bytes: number;
  /** Modification time in ms since the epoch. */
  readonly modified: number;
}

/** Names that half the adapters of the world share: their folder tells them apart. */
const COMMON_NAMES: ReadonlySet<string> = new Set([
  'adapter_model.safetensors',
  'adapters.safetensors',
  'adapter.safetensors',
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_lora_weights.safetensors',
]);

/** What training scripts leave behind that save the wrong part of a model, or whose names match nothing. */
const EMPTY_ADAPTER: Problem = {
  severity: 'error',
  message: 'the adapter holds no tensors: nothing that was trained has been saved to this file',
};

export function describeCheckpoint(
  file: FileFacts,
  header: CheckpointHeader,
  config: AdapterConfig | null,
  collected: AdapterParts,
  lora: LoraPairing,
  prompts: PromptTensors,
): SourceDescription {
  const adapter = describeAdapter(collected, lora, config);
  // Of several methods in one file that of the first module is the one it is called by.
  const adapted = adapter.modules.find((found) => found.method !== 'SAVED')?.method;
  const method = config?.peftType ?? adapted ?? (isTrainedWhole(config) ? 'FULL' : null);
  const problems = [
    ...header.errors.map(({ message, subject }): Problem => ({
      severity: 'error',
      message,
      ...(subject !== undefined && { subject }),
    })),
    ...more(header.errorCount - header.errors.length),
    ...(header.notes ?? []),
    ...(config && header.tensors.length === 0 && header.errorCount === 0 ? [EMPTY_ADAPTER] : []),
    ...(config?.problems ?? []),
    ...lora.problems,
    ...prompts.problems,
    ...adapter.problems,
  ];
  return {
    kind: 'checkpoint',
    title: COMMON_NAMES.has(file.name) && file.folder !== '' ? `${file.folder}/${file.name}` : file.name,
    file: {
      path: file.path,
      bytes: file.bytes,
      modified: file.modified,
      format: header.format,
      headerBytes: header.headerBytes,
      metadata: header.metadata,
      ...(header.shards && { shards: header.shards.map(({ name, bytes }) => ({ name, bytes })) }),
    },
    method,
    config: config?.rows ?? [],
    parameters: header.tensors.reduce(
      (sum, { dtype, shape }) => sum + (dtype === UNKNOWN_DTYPE ? 0 : (elementCount(shape) ?? 0)),
      0,
    ),
    tensors: header.tensors.map(({ name, dtype, shape, begin, end, readable, shard }): TensorInfo => {
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
    }),
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
