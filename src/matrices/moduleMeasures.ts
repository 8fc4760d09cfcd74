/** Norms and spectral measures of one LoRA module, from its factors in float64 or from their stored bytes. */

import { decodeValues, needsFloat64, valuesFor } from '../checkpoint/dtypes';
import type { StoredType } from '../checkpoint/dtypes';
import type { ModuleMetric } from '../protocol/matrix';
import { currentEngine } from '../tensor/engine/current';
import { engineDtype, isEngineDtype } from '../tensor/engine/dtypes';
import type { Engine } from '../tensor/engine/engine';
import type { ResidentArray } from '../tensor/engine/resident';
import { euclideanNorm } from './factorNorms';
import type { Factors } from './factors';
import { moduleSpectrum, residentSpectrum } from './moduleSpectrum';
import type { FactorSizes } from './moduleSpectrum';
import { checkSpectrumWork } from './spectrumWork';

export type ModuleMeasures = Readonly<Record<Exclude<ModuleMetric, 'maxAbs'>, number>>;

/** A factor's stored bytes, row-major in the product's layout. */
export interface FactorRun {
  readonly dtype: StoredType;
  readonly bytes: Uint8Array;
}

export interface FactorBytes extends FactorSizes {
  readonly a: FactorRun;
  readonly b: FactorRun;
}

/**
 * Tolerance relative to the largest singular value. It is far below the precision of a colour or of three digits, and
 * it allows the fast factorisation for trained factors, whose condition number is often a million.
 */
const TOLERANCE = 1e-8;
/** Number of entries per decoding call, so that the optimising compiler can take over between calls. */
const SEGMENT = 65536;

/** Throws `CheckpointError` TooLarge. */
export function measureFactors(factors: Factors): ModuleMeasures {
  return measures(factors.a, factors.b, moduleSpectrum(factors));
}

/** The same measures from stored bytes. Throws `CheckpointError` TooLarge. */
export function measureBytes(factors: FactorBytes): ModuleMeasures {
  checkSpectrumWork(factors);
  const engine = currentEngine();
  const { a, b, rank, inFeatures, outFeatures } = factors;
  if (!engine || [a, b].some(({ dtype }) => needsFloat64(dtype) || !isEngineDtype(dtype))) {
    const decoded = { a: decode(a, rank * inFeatures), b: decode(b, outFeatures * rank) };
    return measureFactors({ ...factors, ...decoded });
  }
  const release: ResidentArray[] = [];
  try {
    const residentA = decodeResident(engine, a, rank * inFeatures, release);
    const residentB = decodeResident(engine, b, outFeatures * rank, release);
    const spectrum = residentSpectrum(engine, factors, { a: residentA.data, b: residentB.data }, TOLERANCE);
    return measures(residentA.data, residentB.data, spectrum);
  } finally {
    for (const array of release) array.free();
  }
}

function measures(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  spectrum: ReturnType<typeof moduleSpectrum>,
): ModuleMeasures {
  const { singularValues, norm, effectiveRank, stableRank } = spectrum;
  const spectralNorm = singularValues[0] ?? 0;
  return { deltaNorm: norm, aNorm: euclideanNorm(a), bNorm: euclideanNorm(b), spectralNorm, effectiveRank, stableRank };
}

function decode({ dtype, bytes }: FactorRun, length: number): Float64Array {
  const values = valuesFor(dtype, length);
  decodeValues(dtype, bytes, values);
  return Float64Array.from(values);
}

function decodeResident(
  engine: Engine,
  { dtype, bytes }: FactorRun,
  length: number,
  release: ResidentArray[],
): ResidentArray {
  const keep = (array: ResidentArray): ResidentArray => {
    release.push(array);
    return array;
  };
  const { kind, bytes: width, values } = engineDtype(dtype);
  const stored = keep(engine.allocate(Math.ceil(bytes.length / 4)));
  const decoded = keep(engine.allocate(length));
  const table = width === 1 ? keep(engine.keep(Float32Array.from(values!))).address : 0;
  engine.arena.bytes(stored.address, bytes.length).set(bytes);
  for (let start = 0; start < length; start += SEGMENT) {
    const count = Math.min(SEGMENT, length - start);
    engine.kernels.scan.decode32(kind, stored.address + start * width, count, decoded.address + 4 * start, table);
  }
  return decoded;
}
