/** What a pass over all values measured. Rules see this and the description, never the file. */

import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import type { WeightsFinding } from '../protocol/findings';

export interface TensorEvidence {
  readonly name: string;
  /** Number of entries. */
  readonly values: number;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
  /** Position of the first value that is NaN or infinite, one index per dimension; `null` if there is none. */
  readonly firstNonFinite: readonly number[] | null;
}

/** A module's factors A (rank, inFeatures) and B (outFeatures, rank), as they multiply. */
export interface ModuleEvidence {
  readonly info: LoraModuleInfo;
  /** False if a factor holds NaN or infinities. The other fields then mean nothing. */
  readonly finite: boolean;
  readonly zeroA: boolean;
  readonly zeroB: boolean;
  readonly zeroRowsOfB: number;
  /** Equal for modules whose factors have the same shape and bits. */
  readonly fingerprint: string;
  /** Those of scaling * B * A, descending; `null` if they would take too long. */
  readonly singularValues: Float64Array | null;
}

export interface Evidence {
  readonly tensors: readonly TensorEvidence[];
  readonly modules: readonly ModuleEvidence[];
  /** Tensors whose data could not be read, and why. */
  readonly failures: readonly { readonly tensor: string; readonly message: string }[];
  /** Tensors of types that are not decoded. */
  readonly undecoded: readonly string[];
  /** Modules whose factors or singular values were left out because they would take too long, or cannot be read. */
  readonly unmeasured: readonly string[];
}

/** A rule that needs only the header and the config. */
export type HeaderRule = (description: SourceDescription) => readonly WeightsFinding[];

export type ValueRule = (evidence: Evidence, description: SourceDescription) => readonly WeightsFinding[];

/** Modules whose A and B are stored as they are, so that "B is zero" is a statement about the file. */
export function isPlain({ formula }: LoraModuleInfo): boolean {
  return formula === undefined;
}

/** Modules that change the weight: their spectrum means something. */
export function isTrained({ finite, zeroA, zeroB }: ModuleEvidence): boolean {
  return finite && !zeroA && !zeroB;
}
