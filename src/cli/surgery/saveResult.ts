/** Writes the adapter that a command made, and reads it again. */

import * as path from 'node:path';
import { nodeFiles } from '../../files/nodeFile';
import type { NewAdapter, NewModule } from '../../surgery/adapterFiles';
import { saveNewAdapter, verifyWritten } from '../../surgery/saveNewAdapter';
import type { ResultFacts } from './adapterInputs';
import { adapterPlace, checkFreeSpace } from './outputPlace';

interface SavedResult {
  readonly files: readonly string[];
  /** Largest error of a module's change, relative to its norm, when the file is read again; `null` if not compared. */
  readonly error: number | null;
}

interface SaveOptions {
  readonly output?: string;
  readonly overwrite: boolean;
  readonly dtype: string;
  /** Modules to compare with the written ones; `null` compares nothing. */
  readonly verify: readonly NewModule[] | null;
}

/** @throws UsageError, RefusedError, CheckpointError, SurgeryError */
export async function saveResult(
  adapter: NewAdapter,
  facts: ResultFacts,
  made: { readonly operation: string; readonly options: Readonly<Record<string, unknown>> },
  { output, overwrite, dtype, verify }: SaveOptions,
  signal: AbortSignal,
): Promise<SavedResult> {
  const place = await adapterPlace(output, adapter.layout, overwrite);
  const bytes = adapter.tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
  await checkFreeSpace(place.folder, bytes);
  const files = await saveNewAdapter(nodeFiles, place, adapter, { ...facts, ...made }, signal);
  const written = path.join(place.folder, place.weightsName);
  return { files, error: verify && (await verifyWritten(nodeFiles, written, verify, dtype, signal)) };
}
