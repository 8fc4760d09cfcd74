/** Opens a checkpoint for a command and translates errors into refusals. */

import { CheckpointError } from '../checkpoint/errors';
import { CONVERT } from '../checkpoint/fileKind';
import { readingAhead } from '../checkpoint/readAhead';
import { openCheckpoint } from '../matrices/openCheckpoint';
import type { MatrixSource } from '../matrices/matrixSource';
import { nodeFiles } from '../files/nodeFile';
import { checkpointPath, isPickleName } from './checkpointPath';
import { RefusedError, UsageError } from './command';

export interface CliCheckpoint {
  readonly source: MatrixSource;
  readonly file: string;
  readonly others: readonly string[];
}

/** Passes the checkpoint to `use` and closes it afterwards. @throws RefusedError, UsageError */
export async function withCheckpoint<T>(
  positionals: readonly string[],
  use: (checkpoint: CliCheckpoint) => Promise<T>,
): Promise<T> {
  const [given, ...more] = positionals;
  if (given === undefined || given === '') throw new UsageError('a file or folder is missing');
  if (more.length > 0) throw new UsageError(`expected one file or folder, got ${positionals.length}`);
  const { file, others } = await checkpointPath(given);
  try {
    const source = await openCheckpoint(readingAhead(nodeFiles), file);
    try {
      return await use({ source, file, others });
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    const message = error.message.includes(file) ? error.message : `${file}: ${error.message}`;
    const unsaid = isPickleName(file) && !message.includes(CONVERT);
    throw new RefusedError(unsaid ? `${message}. Its name is that of a Python pickle: ${CONVERT}` : message);
  }
}
