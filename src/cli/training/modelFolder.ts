/** Reads a language model from its folder: config.json and the weights in safetensors files. */

import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { CheckpointError } from '../../checkpoint/errors';
import { nodeFiles } from '../../files/nodeFile';
import { readTensors } from '../../matrices/readTensors';
import type { NamedTensors } from '../../model/buildModel';
import { decoderTensors, readDecoder } from '../../model/decoder';
import type { Decoder } from '../../model/decoder';
import { isObject } from '../../peftConfig/configValues';
import type { RawConfig } from '../../peftConfig/configValues';
import { formatCount } from '../../text/numberText';
import { RefusedError } from '../command';
import { readJson } from '../readJson';

/**
 * Largest model. Its weights take 1 GiB as float32, twice while the model is built, and the engine has 4 GiB of memory
 * for the weights and a training step.
 */
const MAX_PARAMETERS = 2 ** 28;

const WEIGHTS = ['model.safetensors.index.json', 'model.safetensors'];

export interface ModelFolder {
  readonly config: RawConfig;
  readonly decoder: Decoder;
  readonly tensors: NamedTensors;
  readonly parameters: number;
}

/** @throws RefusedError, ConfigError, UnknownArchitectureError, CheckpointError */
export async function readModelFolder(folder: string, signal: AbortSignal): Promise<ModelFolder> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new RefusedError(`${folder}: ${error.code === 'ENOENT' ? 'there is no such folder' : error.message}`);
  });
  if (!names.includes('config.json')) throw new RefusedError(`${folder}: there is no config.json`);
  const weights = weightsOf(folder, names);
  const config = await readJson(path.join(folder, 'config.json'));
  if (!isObject(config)) throw new RefusedError(`${folder}: config.json is not a JSON object`);
  const decoder = readDecoder(config);
  const wanted = decoderTensors(decoder);
  const parameters = wanted.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  if (parameters > MAX_PARAMETERS)
    throw new RefusedError(
      `${folder}: the model has ${formatCount(parameters)} parameters, ` +
        `and at most ${formatCount(MAX_PARAMETERS)} are trained in memory`,
    );
  const tensors = await readTensors(nodeFiles, weights, wanted, signal).catch((error: unknown) => {
    throw error instanceof CheckpointError ? new RefusedError(`${weights}: ${error.message}`) : error;
  });
  return { config, decoder, tensors, parameters };
}

function weightsOf(folder: string, names: readonly string[]): string {
  const known = WEIGHTS.find((name) => names.includes(name));
  const others = names.filter((name) => name.endsWith('.safetensors'));
  const chosen = known ?? (others.length === 1 ? others[0] : undefined);
  if (chosen !== undefined) return path.join(folder, chosen);
  throw new RefusedError(`${folder}: expected ${WEIGHTS.join(' or ')}, got ${others.length} other .safetensors files`);
}
