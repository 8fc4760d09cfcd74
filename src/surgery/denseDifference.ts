/**
 * The difference of two stored tensors as a dense matrix (first side, all others), and its leading directions: exactly in
 * float64 for small matrices, by random projection in float32 for large ones (Halko, Martinsson and Tropp 2011).
 */

import { decodeValues } from '../checkpoint/dtypes';
import type { StoredTensor } from '../matrices/storedMatrix';
import { currentEngine } from '../tensor/engine/current';
import { randomizedSvd } from '../tensor/engine/randomizedSvd';
import type { ResidentArray } from '../tensor/engine/resident';
import { svd } from '../tensor/svd';
import type { SingularVectors } from '../tensor/svd';
import { columnVectors } from './denseSvd';
import { SurgeryError } from './errors';
import { tailNorm } from './truncatedProduct';

/** Shorter side up to which Jacobi's method decomposes the matrix in about a second. */
const MAX_EXACT_SIDE = 256;
/** Entries of the largest matrix that is held, 1 GB in float32. */
const MAX_ENTRIES = 2 ** 28;
const BLOCK_ENTRIES = 2 ** 20;
/** Directions of the first attempt for a share of the energy; doubled until the share is reached. */
const FIRST_COUNT = 64;

interface Wanted {
  readonly rank: number | null;
  readonly energy: number | null;
}

interface Decomposed {
  readonly rank: number;
  readonly decomposition: SingularVectors;
  readonly exact: boolean;
}

export class DenseDifference {
  private constructor(
    private readonly shape: readonly [number, number],
    private readonly name: string,
    /** ‖tuned − base‖_F. */
    readonly norm: number,
    private readonly small: Float64Array | null,
    private readonly large: ResidentArray | null,
  ) {}

  /** `normOnly` reads the norm without holding the matrix. Rejects with `SurgeryError` NonFinite. */
  static async read(
    base: StoredTensor,
    tuned: StoredTensor,
    normOnly: boolean,
    signal?: AbortSignal,
  ): Promise<DenseDifference> {
    const { shape, name } = base.entry;
    const rows = shape[0] ?? 1;
    const columns = shape.slice(1).reduce((product, side) => product * side, 1);
    const size = rows * columns;
    const isSmall = Math.min(rows, columns) <= MAX_EXACT_SIDE;
    if (!normOnly && size > MAX_ENTRIES)
      throw new SurgeryError(
        'Unsupported',
        `${name}: ${size} entries are too many to hold, at most ${MAX_ENTRIES}`,
        name,
      );
    const small = !normOnly && isSmall ? new Float64Array(size) : null;
    const large = normOnly || isSmall ? null : allocate(size);
    let square = 0;
    try {
      for (let first = 0; first < size; first += BLOCK_ENTRIES) {
        signal?.throwIfAborted();
        const count = Math.min(BLOCK_ENTRIES, size - first);
        const [x, y] = [await valuesOf(base, first, count, signal), await valuesOf(tuned, first, count, signal)];
        for (let i = 0; i < count; i++) {
          y[i]! -= x[i]!;
          square += y[i]! * y[i]!;
        }
        small?.set(y, first);
        large?.data.set(y, first);
      }
      if (!Number.isFinite(square))
        throw new SurgeryError('NonFinite', `${name}: the difference holds NaN or an infinity`, name);
      return new DenseDifference([rows, columns], name, Math.sqrt(square), small, large);
    } catch (error) {
      large?.free();
      throw error;
    }
  }

  /** The directions of the wanted rank, or as many as keep the wanted share of the squared norm. */
  decompose({ rank, energy }: Wanted): Decomposed {
    const side = Math.min(this.shape[0], this.shape[1]);
    if (this.small) {
      const decomposition = svd({ data: this.small, shape: this.shape });
      return { rank: rank ?? this.reaching(decomposition.values, energy!) ?? side, decomposition, exact: true };
    }
    for (let count = rank ?? FIRST_COUNT; ; count *= 2) {
      const decomposition = this.project(Math.min(count, side));
      const found = rank ?? this.reaching(decomposition.values, energy!);
      if (found !== null || count >= side) return { rank: found ?? side, decomposition, exact: false };
    }
  }

  /** The error of an approximation: from the values left out, or from the norm if they are not known. */
  errorAt(values: Float64Array, rank: number, exact: boolean): number {
    if (exact) return tailNorm(values, rank);
    let kept = 0;
    for (let i = 0; i < rank; i++) kept += values[i]! ** 2;
    return Math.sqrt(Math.max(0, this.norm ** 2 - kept));
  }

  free(): void {
    this.large?.free();
  }

  private project(count: number): SingularVectors {
    const engine = currentEngine();
    if (!engine || !this.large)
      throw new SurgeryError('Unsupported', `${this.name}: only the norm was read`, this.name);
    return columnVectors(randomizedSvd(engine, this.large, this.shape, { count }), this.shape, count);
  }

  private reaching(values: Float64Array, energy: number): number | null {
    let sum = 0;
    for (const [i, value] of values.entries()) {
      sum += value * value;
      // A share of 1 is reached within rounding.
      if (sum >= energy * this.norm ** 2 * (1 - 1e-12)) return i + 1;
    }
    return null;
  }
}

function allocate(size: number): ResidentArray {
  const engine = currentEngine();
  if (!engine) throw new SurgeryError('Unsupported', 'large matrices need WebAssembly, which is not available');
  return engine.allocate(size);
}

async function valuesOf(
  tensor: StoredTensor,
  first: number,
  count: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { bytes, skip } = await tensor.read(first, count, signal);
  const values = new Float64Array(count);
  decodeValues(tensor.dtype, bytes, values, skip);
  return values;
}
