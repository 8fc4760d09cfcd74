/** Faults of operations on adapters. */

type SurgeryErrorCode =
  /** A factor or a weight holds NaN or an infinity. */
  | 'NonFinite'
  /** Two adapters, or an adapter and its base, have different shapes. */
  | 'ShapeMismatch'
  /** The operation does not cover this kind of module. */
  | 'Unsupported'
  /** An option contradicts another one, or the adapters. */
  | 'InvalidOption'
  /** The base model lacks what the adapter changes. */
  | 'NotFound'
  /** What was written differs from what was asked for. */
  | 'Verification';

export class SurgeryError extends Error {
  override readonly name = 'SurgeryError';
  constructor(
    readonly code: SurgeryErrorCode,
    message: string,
    /** The module or tensor at fault. */
    readonly subject?: string,
  ) {
    super(message);
  }
}
