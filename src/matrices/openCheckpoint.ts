/** Opens a checkpoint: reads its headers, the adapter's config beside it and the scalars that scalings need. */

import { collectParts, scalarTensors } from '../checkpoint/adapters/adapterParts';
import type { AdapterParts } from '../checkpoint/adapters/adapterParts';
import { pairLora } from '../checkpoint/adapters/loraPairs';
import { configOfMetadata } from '../checkpoint/adapters/metadataConfig';
import { describePrompts } from '../checkpoint/adapters/promptTensors';
import { describeCheckpoint } from '../checkpoint/describe';
import { undecodable } from '../checkpoint/dtypes';
import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { modelQuantization } from '../checkpoint/modelQuantization';
import type { PackedWeights } from '../checkpoint/packedParameters';
import { TargetedParameters } from '../checkpoint/adapters/expertModules';
import { MAX_CONFIG_BYTES, parseAdapterConfig } from '../peftConfig/adapterConfig';
import type { AdapterConfig } from '../peftConfig/adapterConfig';
import type { RawConfig } from '../peftConfig/configValues';
import { patternName } from '../peftConfig/wrappedPath';
import { JsonError, parseJson } from '../peftConfig/parseJson';
import type { Problem } from '../peftConfig/problem';
import { CheckpointFactors } from './checkpointFactors';
import { CheckpointSource } from './checkpointSource';
import { CheckpointTensors } from './checkpointTensors';
import type { MatrixSource } from './matrixSource';
import { openFiles } from './openFiles';
import type { OpenedFiles } from './openedFiles';
import { PacedMatching } from './pacedMatching';
import { Pacer } from '../checkpoint/pacer';
import { mapByKey } from '../checkpoint/steps';

/** Alphas and scales that are read one by one at opening. No adapter has this many modules. */
const MAX_SCALARS = 10_000;

/** Rejects with `CheckpointError` if nothing of the file can be shown. */
export async function openCheckpoint(files: FileAccess, path: string, signal?: AbortSignal): Promise<MatrixSource> {
  const opened = await openFiles(files, path, signal);
  try {
    const { facts } = opened;
    const pacer = new Pacer(signal);
    const parts = await pacer.run(collectParts(opened.header.tensors));
    const notes = [...(opened.header.notes ?? [])];
    const beside = belongsToAdapter(facts.name, parts) ? await readConfig(files, path, notes, signal) : null;
    const parsed = beside ?? configOfMetadata(opened.header.metadata, notes);
    const header = { ...opened.header, notes };
    if (parsed) await matchPatterns(parsed, parts, signal);
    const scalars = await readScalars(opened, parts, signal);
    const pairing = pairLora(header.tensors, parsed, scalars, parts, header.loraAlpha);
    const lora = await pacer.run(pairing, parsed ? (step) => parsed.matching.run(step) : undefined);
    await pacer.pause();
    const prompts = describePrompts(header.tensors, parsed);
    await pacer.pause();
    const describing = describeCheckpoint(facts, header, parsed, parts, lora, prompts, {
      ...(await packing(files, path, opened, parts, signal)),
      hasConfig: parsed !== null || notes.length > (opened.header.notes?.length ?? 0),
    });
    const description = await pacer.run(describing);
    const entries = await pacer.run(mapByKey(header.tensors, ({ name }) => name));
    const modules = await pacer.run(mapByKey(lora.modules, ({ module }) => module));
    const tensors = new CheckpointTensors(opened, entries);
    return new CheckpointSource(tensors, new CheckpointFactors(tensors, modules, lora.products), description);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Types that packed weights are stored in. */
const PACKED_DTYPES = /^(?:[IU]32|[IU]8|F4|F8.*)$/;

/** The packed weights of a base model, and its config.json, which states the bits. Nothing for an adapter. */
async function packing(
  files: FileAccess,
  path: string,
  { header }: OpenedFiles,
  { parts }: AdapterParts,
  signal?: AbortSignal,
): Promise<{ packed?: PackedWeights; quantization?: RawConfig | null }> {
  if (parts.length > 0 || !header.tensors.some(({ dtype }) => PACKED_DTYPES.test(dtype))) return {};
  const quantization = modelQuantization(await modelConfig(files, path, signal));
  const { packedWeights } = await import('../checkpoint/packedWeights.js');
  return { packed: packedWeights(header.tensors, quantization), quantization };
}

/** The parsed config.json; `null` if there is none that can be read. */
async function modelConfig(files: FileAccess, path: string, signal?: AbortSignal): Promise<unknown> {
  try {
    const text = await files.readBeside(path, 'config.json', MAX_CONFIG_BYTES, signal);
    return text === null ? null : parseJson(text);
  } catch (error) {
    if (error instanceof CheckpointError || error instanceof JsonError) return null;
    throw error;
  }
}

/** Matches the patterns of the config with all modules ahead of the pairing, which cannot pause. */
async function matchPatterns(config: AdapterConfig, { parts }: AdapterParts, signal?: AbortSignal): Promise<void> {
  const { rankPattern, alphaPattern, matching } = config;
  if (rankPattern.length + alphaPattern.length === 0) return;
  const parameters = new TargetedParameters(config);
  const paced = new PacedMatching(signal, matching);
  for (const { module } of parts) {
    const names = new Set([patternName(module), parameters.pathOf(module) ?? '']);
    await paced.run(() => {
      for (const name of names) for (const list of [rankPattern, alphaPattern]) list.find((key) => key.matches(name));
    });
  }
}

/** `null` without a config. One that cannot be read is a problem of the file, which is shown without it. */
async function readConfig(
  files: FileAccess,
  path: string,
  problems: Problem[],
  signal?: AbortSignal,
): Promise<AdapterConfig | null> {
  try {
    const text = await files.readBeside(path, 'adapter_config.json', MAX_CONFIG_BYTES, signal);
    return text === null ? null : parseAdapterConfig(text);
  } catch (error) {
    if (!(error instanceof CheckpointError || error instanceof JsonError)) throw error;
    problems.push({ severity: 'warning', message: `adapter_config.json is not used: ${error.message}` });
    return null;
  }
}

/** A base model may lie in the same folder as an adapter's config, which then says nothing about it. */
function belongsToAdapter(name: string, { parts }: AdapterParts): boolean {
  return !/^model|\.index\.json$|\.gguf$/i.test(name) || parts.length > 0;
}

async function readScalars(
  opened: OpenedFiles,
  parts: AdapterParts,
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  const scalars = new Map<string, number>();
  for (const entry of scalarTensors(parts).slice(0, MAX_SCALARS)) {
    if (undecodable(entry.dtype) === null)
      scalars.set(entry.name, (await opened.tensor(entry).entryAt(0, signal)).value);
  }
  return scalars;
}
