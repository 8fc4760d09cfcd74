/**
 * What can be wrong with a checkpoint. The first group carries the names that the safetensors reference implementation
 * gives the same faults, so that a message here can be looked up there.
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
  /** The spec forbids a key twice; the reference implementation does not look. */
  | 'DuplicateKey'
  /** The file is something else: a Git LFS pointer, a pickle, a web page. */
  | 'NotSafetensors'
  /** A range outside the file was asked for. */
  | 'InvalidRange'
  /** The file gave fewer bytes than it had when it was opened. */
  | 'ShortRead'
  /** The file is not the one that was opened any more: what was read of it before says nothing about it now. */
  | 'Changed'
  /** A server that cannot be reached, stalls, refuses, or contradicts itself. */
  | 'Network'
  /** No such tensor, module, row or column, or a matrix that cannot be had from this source. */
  | 'NotFound'
  | 'Unreadable'
  /** A file that must not or cannot be written. */
  | 'Unwritable'
  /** Beyond one of the limits named in this room. */
  | 'TooLarge';

export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  constructor(
    readonly code: CheckpointErrorCode,
    message: string,
    /** Tensor, module or path concerned. */
    readonly subject?: string,
  ) {
    super(message);
  }
}
