/** Opens a checkpoint: reads its headers, the adapter's config beside it and the scalars that scalings need. */

import { collectParts, scalarTensors } from '../checkpoint/adapters/adapterParts';
import type { AdapterParts } from '../checkpoint/adapters/adapterParts';
import { pairLora } from '../checkpoint/adapters/loraPairs';
import { configOfMetadata } from '../checkpoint/adapters/metadataConfig';
import { describePrompts } from '../checkpoint/adapters/promptTensors';
import { describeCheckpoint } from '../checkpoint/describe';
import { undecodable } from '../checkpoint/dtypes';
import type { FileAccess } from '../checkpoint/fileAccess';
import { MAX_CONFIG_BYTES, parseAdapterConfig } from '../peftConfig/adapterConfig';
import { parsePythonJson } from '../peftConfig/pythonJson';
import { CheckpointSource } from './checkpointSource';
import type { MatrixSource } from './matrixSource';
import { openFiles } from './openFiles';
import type { OpenedFiles } from './openedFiles';

/** Alphas and scales that are read one by one at opening. No adapter has this many modules. */
const MAX_SCALARS = 10_000;

/** Rejects with `CheckpointError` if nothing of the file can be shown. */
export async function openCheckpoint(files: FileAccess, path: string, signal?: AbortSignal): Promise<MatrixSource> {
  const opened = await openFiles(files, path, signal);
  try {
    const { header, facts } = opened;
    const parts = collectParts(header.tensors);
    const config = belongsToAdapter(facts.name, parts)
      ? await files.readBeside(path, 'adapter_config.json', MAX_CONFIG_BYTES, signal)
      : null;
    const read = config === null ? configOfMetadata(header.metadata) : parseAdapterConfig(config);
    // A config that cannot be read says nothing. Only its problem is kept.
    const parsed = read?.unreadable ? null : read;
    const lora = pairLora(header.tensors, parsed, await readScalars(opened, parts, signal), parts, header.loraAlpha);
    const prompts = describePrompts(header.tensors, parsed);
    const description = describeCheckpoint(facts, header, parsed, parts, lora, prompts, {
      model: await modelConfig(files, path, opened, parts, signal),
      hasConfig: config !== null,
      problems: read?.unreadable ? read.problems : [],
    });
    return new CheckpointSource(opened, lora, description);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Types that packed weights are stored in. */
const PACKED_DTYPES: ReadonlySet<string> = new Set(['I32', 'U32', 'U8', 'I8', 'F8_E4M3', 'F8_E5M2', 'F4']);

/** The config.json of a base model whose weights may be packed: it states the bits. `null` if it is not needed. */
async function modelConfig(
  files: FileAccess,
  path: string,
  { header }: OpenedFiles,
  { parts }: AdapterParts,
  signal?: AbortSignal,
): Promise<unknown> {
  if (parts.length > 0 || !header.tensors.some(({ dtype }) => PACKED_DTYPES.has(dtype))) return null;
  const text = await files.readBeside(path, 'config.json', MAX_CONFIG_BYTES, signal);
  try {
    return text === null ? null : parsePythonJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
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
