/** Reads every value of a source once, and the factors of its products once more, in steps that can be cancelled. */

import type { CheckpointError } from '../checkpoint/errors';
import type { LoraModuleInfo, TensorInfo } from '../checkpoint/sourceDescription';
import { findEntry } from '../matrices/findEntry';
import type { Factors } from '../matrices/factors';
import { unravel } from '../matrices/matrixReader';
import type { MatrixSource } from '../matrices/matrixSource';
import { moduleSpectrum } from '../matrices/moduleSpectrum';
import { Pacer } from '../checkpoint/pacer';
import { summarize } from '../matrices/scanTensors';
import { spectrumWork } from '../matrices/spectrumWork';
import type { Progress } from '../protocol/rpc';
import { isPlain } from './evidence';
import type { Evidence, ModuleEvidence, TensorEvidence } from './evidence';
import { fingerprint } from './fingerprint';

export interface GatheringOptions {
  readonly signal?: AbortSignal;
  /** Counts values: those of all tensors, then those of all factors. */
  readonly progress?: (progress: Progress) => void;
  /** Multiplications above which a module's singular values are left out. Others may take seconds without a pause. */
  readonly maxSpectrumWork?: number;
}

/** Interval between progress reports, which makes their cost negligible. */
const REPORT_MS = 100;

/** Rejects with the signal's reason. A tensor or module that cannot be read is part of the evidence. */
export async function gatherEvidence(source: MatrixSource, options: GatheringOptions = {}): Promise<Evidence> {
  const gathering = new Gathering(source, options);
  await gathering.readTensors();
  await gathering.readModules();
  return gathering;
}

class Gathering implements Evidence {
  readonly tensors: TensorEvidence[] = [];
  readonly modules: ModuleEvidence[] = [];
  readonly failures: { tensor: string; message: string }[] = [];
  readonly undecoded: string[] = [];
  readonly unmeasured: string[] = [];
  private readonly zeroTensors = new Set<string>();
  private readonly nonFinite = new Set<string>();
  private readonly pacer: Pacer;
  private readonly total: number;
  private done = 0;
  private reported = -Infinity;

  constructor(
    private readonly source: MatrixSource,
    private readonly options: GatheringOptions,
  ) {
    this.pacer = new Pacer(options.signal);
    const { tensors, lora } = source.description;
    this.total =
      tensors.reduce((sum, tensor) => sum + entriesOf(tensor), 0) +
      lora.reduce((sum, info) => sum + factorEntries(info), 0);
  }

  async readTensors(): Promise<void> {
    for (const tensor of this.source.description.tensors) {
      const before = this.done;
      this.report(tensor.name);
      await this.pacer.pause();
      if (tensor.readable) await this.readTensor(tensor, before);
      this.done = before + entriesOf(tensor);
    }
  }

  async readModules(): Promise<void> {
    for (const info of this.source.description.lora) {
      this.report(info.module);
      await this.pacer.pause();
      if (info.unavailable === undefined && !this.addZeroProduct(info)) await this.readModule(info);
      this.done += factorEntries(info);
    }
    this.done = this.total;
    this.report('');
  }

  private async readTensor({ name, shape, undecoded }: TensorInfo, before: number): Promise<void> {
    const { signal } = this.options;
    if (undecoded !== undefined) {
      this.undecoded.push(name);
      return;
    }
    try {
      const matrix = await this.source.matrix({ kind: 'entries', name }, signal);
      const onProgress = ({ done }: Progress): void => {
        this.done = before + done;
        this.report(name);
      };
      const { nan, positiveInfinity, negativeInfinity, zeros } = await summarize(matrix, onProgress, signal);
      const infinite = positiveInfinity + negativeInfinity;
      const values = matrix.rows * matrix.columns;
      const found =
        nan + infinite > 0 ? await findEntry(matrix, 'nonNumber', undefined, () => undefined, signal) : null;
      const firstNonFinite = found && unravel(found.row * matrix.columns + found.column, shape);
      this.tensors.push({ name, values, zeros, nan, infinite, firstNonFinite });
      if (zeros === values && values > 0) this.zeroTensors.add(name);
      if (nan + infinite > 0) this.nonFinite.add(name);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isCheckpointError(error)) throw error;
      if (error.code === 'Unreadable') this.undecoded.push(name);
      else this.failures.push({ tensor: name, message: error.message });
    }
  }

  /**
   * Adds the evidence on a product of other factors than A and B if one of them is zero. The product is linear in each
   * factor, so nothing has to be multiplied, and it may be too large to be.
   */
  private addZeroProduct(info: LoraModuleInfo): boolean {
    if (isPlain(info)) return false;
    const inputs = this.source.productInputs?.(info.module) ?? [];
    if (!inputs.some((name) => this.zeroTensors.has(name))) return false;
    const finite = !inputs.some((name) => this.nonFinite.has(name));
    const fixed = { zeroB: false, zeroRowsOfB: 0, fingerprint: info.module, singularValues: null };
    this.modules.push({ info, finite, zeroA: true, ...fixed });
    return true;
  }

  private async readModule(info: LoraModuleInfo): Promise<void> {
    const { signal, maxSpectrumWork = Infinity } = this.options;
    const isAffordable = spectrumWork(info) <= maxSpectrumWork;
    if (!isPlain(info) && !isAffordable) {
      this.unmeasured.push(info.module);
      return;
    }
    try {
      const factors = await this.source.factors(info.module, undefined, signal);
      const measured = measure(info, factors, isAffordable);
      this.modules.push(measured);
      if (isUnmeasured(measured)) this.unmeasured.push(info.module);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isCheckpointError(error)) throw error;
      this.unmeasured.push(info.module);
    }
  }

  private report(message: string): void {
    const isEnd = this.done >= this.total;
    if (!isEnd && performance.now() - this.reported < REPORT_MS) return;
    this.reported = performance.now();
    this.options.progress?.({ done: Math.min(this.done, this.total), total: this.total, message });
  }
}

function measure(info: LoraModuleInfo, factors: Factors, withSpectrum: boolean): ModuleEvidence {
  const { a, b, rank, outFeatures } = factors;
  const finite = a.every(Number.isFinite) && b.every(Number.isFinite);
  const zeroA = isZero(a, 0, a.length);
  const zeroB = isZero(b, 0, b.length);
  let zeroRowsOfB = 0;
  for (let row = 0; row < outFeatures; row++) if (isZero(b, row * rank, (row + 1) * rank)) zeroRowsOfB++;
  const singularValues = withSpectrum && finite && !zeroA && !zeroB ? spectrum(factors) : null;
  return { info, finite, zeroA, zeroB, zeroRowsOfB, fingerprint: fingerprint(factors), singularValues };
}

/** `null` if they would take too long. */
function spectrum(factors: Factors): Float64Array | null {
  try {
    return moduleSpectrum(factors).singularValues;
  } catch (error) {
    if (isCheckpointError(error) && error.code === 'TooLarge') return null;
    throw error;
  }
}

function isUnmeasured({ finite, zeroA, zeroB, singularValues }: ModuleEvidence): boolean {
  return finite && !zeroA && !zeroB && singularValues === null;
}

function isZero(values: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (values[i] !== 0) return false;
  return true;
}

function entriesOf({ shape }: TensorInfo): number {
  return shape.reduce((product, side) => product * side, 1);
}

function factorEntries({ rank, inFeatures, outFeatures }: LoraModuleInfo): number {
  return rank * (inFeatures + outFeatures);
}

/** The source may come from another bundle, whose classes differ. */
function isCheckpointError(error: unknown): error is CheckpointError {
  return error instanceof Error && error.name === 'CheckpointError';
}
