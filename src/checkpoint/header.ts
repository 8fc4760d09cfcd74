/** What a checkpoint's header says, whichever format it is in. */

import type { Problem } from '../peftConfig/problem';
import { CheckpointError } from './errors';
import type { CheckpointErrorCode } from './errors';

/** Where the file says nothing; the shape then says nothing either. */
export const UNKNOWN_DTYPE = '?';

export interface TensorEntry {
  readonly name: string;
  /** As the file spells it, or `UNKNOWN_DTYPE`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Offsets into the data: [begin, end). */
  readonly begin: number;
  readonly end: number;
  /** False where the entry contradicts itself or its bytes are not in the file. */
  readable: boolean;
  /** Which of `CheckpointHeader.shards` it is in. */
  readonly shard?: number;
}

export interface CheckpointHeader {
  /** 'safetensors' or 'GGUF v3'. */
  readonly format: string;
  /** Bytes of the file that are not tensor data. */
  readonly headerBytes: number;
  /** Where the data begins in the file; of a sharded checkpoint 0, and each shard has its own. */
  readonly dataStart: number;
  readonly metadata: readonly (readonly [string, string])[];
  /** In the file's order. */
  readonly tensors: readonly TensorEntry[];
  /** The first faults of `errorCount`; empty for a file to the letter of its format. */
  readonly errors: readonly CheckpointError[];
  readonly errorCount: number;
  /** What is worth knowing and no fault of the format. */
  readonly notes?: readonly Problem[];
  /** The one alpha of all modules that a GGUF adapter has in its metadata. */
  readonly loraAlpha?: number;
  /** Of a sharded checkpoint. */
  readonly shards?: readonly Shard[];
}

export interface Shard {
  readonly name: string;
  readonly bytes: number;
  /** Where its data begins; 0 where it could not be read. */
  readonly dataStart: number;
}

/** The message is a function, so that faults beyond `MAX_ERRORS` cost nothing. */
export type Report = (code: CheckpointErrorCode, message: () => string, subject?: string) => void;

/** A header of nothing but faults is told by its first ones; each error captures a stack, so they are not free. */
const MAX_ERRORS = 100;

/** The faults of a file: the first of them, and how many there are. */
export class Faults {
  readonly errors: CheckpointError[] = [];
  count = 0;

  readonly report: Report = (code, message, subject) => {
    if (++this.count <= MAX_ERRORS) this.errors.push(new CheckpointError(code, message(), subject));
  };
}
