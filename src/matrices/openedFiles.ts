import type { FileFacts } from '../checkpoint/describe';
import type { CheckpointHeader, TensorEntry } from '../checkpoint/header';
import type { StoredTensor } from './storedMatrix';

/** The files of an opened checkpoint, whatever their format and however many they are. */
export interface OpenedFiles {
  readonly facts: FileFacts;
  readonly header: CheckpointHeader;
  /** Throws `CheckpointError` Unreadable if the tensor's data is incomplete or cannot be decoded. */
  tensor(entry: TensorEntry): StoredTensor;
  close(): Promise<void>;
}
