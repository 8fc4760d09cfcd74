/** A base model as the files to copy: each safetensors file with its header, and where each tensor lies. */

import type { ByteSource } from '../checkpoint/byteSource';
import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { isGguf } from '../checkpoint/gguf/ggufMagic';
import type { TensorEntry } from '../checkpoint/header';
import { FIRST_BYTES, openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import { isShardIndex, MAX_INDEX_BYTES, parseShardIndex, refusedShard } from '../checkpoint/safetensors/shardIndex';
import { Faults } from '../checkpoint/header';
import { MAX_CONFIG_BYTES } from '../peftConfig/adapterConfig';
import { isObject } from '../peftConfig/configValues';
import { JsonError, parseJson } from '../peftConfig/parseJson';
import { SurgeryError } from './errors';

export interface BaseFile {
  /** Name in the base's folder. */
  readonly name: string;
  readonly source: ByteSource;
  readonly dataStart: number;
  /** Sorted by their bytes. */
  readonly tensors: readonly TensorEntry[];
}

export interface BaseTensor {
  readonly file: BaseFile;
  readonly entry: TensorEntry;
}

export interface BaseModel {
  readonly path: string;
  /** The name of the index, or `null` for a single file. */
  readonly index: string | null;
  readonly files: readonly BaseFile[];
  readonly tensors: ReadonlyMap<string, BaseTensor>;
  /** config.json, or `null` if it is missing or cannot be read. */
  readonly config: Readonly<Record<string, unknown>> | null;
  close(): Promise<void>;
}

/** Rejects with `CheckpointError`, or with `SurgeryError` Unsupported for GGUF and for a tensor that is not intact. */
export async function openBase(files: FileAccess, path: string, signal?: AbortSignal): Promise<BaseModel> {
  const opened: BaseFile[] = [];
  const close = async (): Promise<void> => {
    for (const { source } of opened) await source.close();
  };
  try {
    const names = await fileNames(files, path, signal);
    for (const name of names ?? [null]) {
      const location = name === null ? path : files.beside(path, name);
      opened.push(await openFile(files, location, signal));
    }
    const tensors = new Map<string, BaseTensor>();
    for (const file of opened) for (const entry of file.tensors) tensors.set(entry.name, { file, entry });
    const index = names === null ? null : baseName(path);
    return { path, index, files: opened, tensors, config: await readConfig(files, path, signal), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The shards of an index; `null` for a single file. */
async function fileNames(files: FileAccess, path: string, signal?: AbortSignal): Promise<readonly string[] | null> {
  if (!isShardIndex(baseName(path))) return null;
  const text = await files.readBeside(path, baseName(path), MAX_INDEX_BYTES, signal);
  const { shards } = parseShardIndex(text ?? '', new Faults());
  const refused = shards.map(refusedShard).find((error) => error !== null);
  if (refused) throw refused;
  return shards;
}

async function openFile(files: FileAccess, location: string, signal?: AbortSignal): Promise<BaseFile> {
  const { source, name } = await files.open(location, signal);
  try {
    const start = await source.read(0, Math.min(FIRST_BYTES, source.size), signal);
    if (isGguf(start))
      throw new SurgeryError('Unsupported', `${location}: merging into GGUF files is not supported`, name);
    const { dataStart, tensors } = await openSafetensors(source, signal, start);
    const broken = tensors.find(({ readable }) => !readable);
    if (broken) throw new CheckpointError('Unreadable', `${location}: tensor ${broken.name} is missing or damaged`);
    return { name, source, dataStart, tensors: [...tensors].sort((x, y) => x.begin - y.begin) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readConfig(files: FileAccess, path: string, signal?: AbortSignal): Promise<BaseModel['config']> {
  const text = await files.readBeside(path, 'config.json', MAX_CONFIG_BYTES, signal);
  if (text === null) return null;
  try {
    const config = parseJson(text);
    return isObject(config) ? config : null;
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
