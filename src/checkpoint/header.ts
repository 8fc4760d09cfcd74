/** A checkpoint's header, independent of the file format. */

import type { Problem } from '../peftConfig/problem';
import { CheckpointError } from './errors';
import type { CheckpointErrorCode } from './errors';

/** The dtype of a tensor whose dtype the file does not give. Its shape is then meaningless too. */
export const UNKNOWN_DTYPE = '?';

/**
 * The largest published checkpoints have about 150,000 tensors: 384 experts in 60 layers, each with weights and scales.
 * Opening more would take seconds and hundreds of megabytes.
 */
export const MAX_TENSORS = 300_000;
/** PyTorch has at most 64. */
export const MAX_DIMENSIONS = 64;

export function tooManyTensors(where: string): CheckpointError {
  return new CheckpointError('TooLarge', `${where} lists more than ${MAX_TENSORS} tensors, which is the limit`);
}

export interface TensorEntry {
  readonly name: string;
  /** The file's spelling, or `UNKNOWN_DTYPE`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte offsets into the data: [begin, end). */
  readonly begin: number;
  readonly end: number;
  /** False if the entry contradicts itself or its bytes are not in the file. */
  readable: boolean;
  /** Index into `CheckpointHeader.shards`. */
  readonly shard?: number;
}

export interface CheckpointHeader {
  /** 'safetensors' or 'GGUF v3'. */
  readonly format: string;
  /** Bytes of the file that are not tensor data. */
  readonly headerBytes: number;
  /** Offset of the data in the file. 0 for a sharded checkpoint, whose shards have one each. */
  readonly dataStart: number;
  readonly metadata: readonly (readonly [string, string])[];
  /** Tensors in file order. */
  readonly tensors: readonly TensorEntry[];
  /** The first of `errorCount` faults; empty for a file that fully conforms to its format. */
  readonly errors: readonly CheckpointError[];
  readonly errorCount: number;
  /** Remarks that are not faults of the format. */
  readonly notes?: readonly Problem[];
  /** The alpha of all modules, from a GGUF adapter's metadata. */
  readonly loraAlpha?: number;
  /** Present for a sharded checkpoint. */
  readonly shards?: readonly Shard[];
}

export interface Shard {
  readonly name: string;
  readonly bytes: number;
  /** Offset of the shard's data; 0 if the shard could not be read. */
  readonly dataStart: number;
}

/** The message is a function, so that faults beyond `MAX_ERRORS` are cheap. */
export type Report = (code: CheckpointErrorCode, message: () => string, subject?: string) => void;

/** Number of faults kept: the first ones explain the rest, and each error captures a stack, which takes time. */
const MAX_ERRORS = 100;

/** The first faults of a file, and their total number. */
export class Faults {
  readonly errors: CheckpointError[] = [];
  count = 0;

  readonly report: Report = (code, message, subject) => {
    if (++this.count <= MAX_ERRORS) this.errors.push(new CheckpointError(code, message(), subject));
  };
}
