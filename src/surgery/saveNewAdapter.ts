/** Writes a new adapter with a record of how it was made, and reads it again. */

import { adapterConfigJson } from '../checkpoint/adapters/adapterConfigJson';
import type { FileAccess } from '../checkpoint/fileAccess';
import { PEFT_METADATA, writeSafetensors } from '../checkpoint/safetensors/safetensorsWriter';
import type { NewAdapter, NewModule } from './adapterFiles';
import { euclideanNorm } from '../matrices/factorNorms';
import { SurgeryError } from './errors';
import { readAdapter } from './readAdapter';
import { coreNorm, stackTerms, weightedCore } from './stackedTerms';
import type { Term } from './stackedTerms';

/** The key of the record in the file's metadata. */
const RECORD_KEY = 'peft_inspector';

/** The folder and the name of the file of weights. */
export interface Place {
  readonly folder: string;
  readonly weightsName: string;
}

/**
 * The weights come before the config, as in `saveAdapter`. `record` says how the adapter was made. Returns the paths.
 * Rejects with `CheckpointError` Unwritable, or with the signal's reason.
 */
export async function saveNewAdapter(
  files: FileAccess,
  { folder, weightsName }: Place,
  { layout, config, tensors }: NewAdapter,
  record: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const metadata = [...PEFT_METADATA, [RECORD_KEY, JSON.stringify(record)] as const];
  const json = layout === 'peft' ? new TextEncoder().encode(adapterConfigJson(config)) : null;
  const weights = await files.placeIn(folder, weightsName);
  await files.writeAtomically(weights, (sink) => writeSafetensors(tensors, sink, metadata, signal));
  if (!json) return [weights];
  const configFile = await files.placeIn(folder, 'adapter_config.json');
  await files.writeAtomically(configFile, (sink) => sink(json));
  return [weights, configFile];
}

/**
 * Opens the written file and compares each module's change with what was to be written. Returns the largest error
 * relative to the change's norm, which is the rounding to the dtype.
 * Rejects with `SurgeryError` Verification if a module is missing or has another shape, or the error is more than
 * the rounding of both factors.
 */
export async function verifyWritten(
  files: FileAccess,
  path: string,
  modules: readonly NewModule[],
  dtype: string,
  signal?: AbortSignal,
): Promise<number> {
  const written = await readAdapter(files, path, signal);
  let worst = 0;
  try {
    for (const { name, rank, a, b, scaling, outFeatures, inFeatures } of modules) {
      if (!written.modules.has(name))
        throw new SurgeryError('Verification', `${path}: the module ${name} cannot be read again`, name);
      const term = await written.term(name, signal);
      const stack = stackTerms(name, [outFeatures, inFeatures], [{ rank, a, b, coefficient: scaling }, term]);
      const norm = coreNorm(stack.cores[0]!);
      const error = coreNorm(weightedCore(stack, [1, -1]));
      if (norm > 0) worst = Math.max(worst, error / norm);
      const allowed = mostError(term, a, b, scaling, dtype);
      if (!(error <= allowed)) {
        const figures = `${error.toExponential(2)} of ${norm.toExponential(2)}, expected at most ${allowed.toExponential(2)}`;
        throw new SurgeryError('Verification', `${path}: ${name}: the written change differs by ${figures}`, name);
      }
    }
  } finally {
    await written.source.close();
  }
  return worst;
}

/** Roundoff of a dtype, and half of its smallest step near zero. */
const ROUNDING: Readonly<Record<string, readonly [number, number]>> = {
  F64: [2 ** -50, 0],
  F32: [2 ** -24, 2 ** -150],
  F16: [2 ** -11, 2 ** -25],
  BF16: [2 ** -8, 2 ** -134],
};
/** Room for the second-order term and for the arithmetic. */
const MARGIN = 4;

/** Upper bound on the change of scaling·B·A if both factors are rounded to the dtype. */
function mostError(term: Term, a: Float64Array, b: Float64Array, scaling: number, dtype: string): number {
  const [roundoff, step] = ROUNDING[dtype] ?? [2 ** -8, 0];
  const [normA, normB] = [euclideanNorm(a), euclideanNorm(b)];
  const relative = 2 * roundoff * normA * normB;
  const absolute = step * (Math.sqrt(a.length) * normB + Math.sqrt(b.length) * normA);
  return MARGIN * Math.max(Math.abs(scaling), Math.abs(term.coefficient)) * (relative + absolute);
}
