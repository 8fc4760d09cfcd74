/** Errors for what a source does not have, the same for every kind of source. */

import { CheckpointError } from '../checkpoint/errors';
import { quoted } from '../peftConfig/quoted';

export function noTensor(name: string): CheckpointError {
  return new CheckpointError('NotFound', `there is no tensor ${quoted(name)}`, name);
}

export function noSlice(name: string, shape: readonly number[], slice: readonly number[] = []): CheckpointError {
  const message = `tensor ${quoted(name)} of shape [${shape.join(', ')}] has no slice [${slice.join(', ')}]`;
  return new CheckpointError('NotFound', message, name);
}

export function noLoraModule(name: string): CheckpointError {
  return new CheckpointError('NotFound', `there is no LoRA module ${quoted(name)}`, name);
}

export function noPrefix(module: string, layer: number, part: 'key' | 'value'): CheckpointError {
  return new CheckpointError('NotFound', `there is no ${part} prefix of layer ${layer} in ${quoted(module)}`, module);
}

/** Throws `CheckpointError` NotFound unless (row, column) is an entry of `what`, which has `rows` x `columns`. */
export function checkEntry(row: number, column: number, what: string, rows: number, columns: number): void {
  const inside = (at: number, size: number): boolean => Number.isInteger(at) && at >= 0 && at < size;
  if (inside(row, rows) && inside(column, columns)) return;
  const message = `entry (${row}, ${column}) is outside the ${what} of ${rows} x ${columns}`;
  throw new CheckpointError('NotFound', message);
}
