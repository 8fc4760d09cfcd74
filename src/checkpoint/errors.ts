/**
 * Faults of checkpoints. The first group uses the names of the safetensors reference implementation, so that a message
 * here can be looked up there.
 */
export type CheckpointErrorCode =
  | 'HeaderTooSmall'
  | 'HeaderTooLarge'
  | 'InvalidHeaderLength'
  | 'InvalidHeader'
  | 'InvalidHeaderDeserialization'
  | 'InvalidOffset'
  | 'TensorInvalidInfo'
  | 'MetadataIncompleteBuffer'
  | 'ValidationOverflow'
  | 'MisalignedSlice'
  /** The spec forbids duplicate keys; the reference implementation does not check. */
  | 'DuplicateKey'
  /** The file is something else: a Git LFS pointer, a pickle, a web page. */
  | 'NotSafetensors'
  /** The requested range lies outside the file. */
  | 'InvalidRange'
  /** The file has fewer bytes than when it was opened. */
  | 'ShortRead'
  /** The file changed since it was opened, so earlier reads no longer describe it. */
  | 'Changed'
  /** A server cannot be reached, stalls, refuses, or contradicts itself. */
  | 'Network'
  /** The source has no such tensor, module, row, column or matrix. */
  | 'NotFound'
  | 'Unreadable'
  /** The file must not or cannot be written. */
  | 'Unwritable'
  /** The size exceeds one of the named limits. */
  | 'TooLarge';

export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  constructor(
    readonly code: CheckpointErrorCode,
    message: string,
    /** The tensor, module or path at fault. */
    readonly subject?: string,
  ) {
    super(message);
  }
}

/** A bundle that a thread loads later has a class of its own, so the name decides and not the class. */
export function isCheckpointError(error: unknown): error is CheckpointError {
  return error instanceof Error && error.name === 'CheckpointError';
}
