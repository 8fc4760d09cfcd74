/** Describes the modules of an adapter with their norms, keeping one module's factors in memory at a time. */

import { factorNorms } from '../matrices/factorNorms';
import { productNorms } from '../matrices/productNorm';
import { CheckpointError } from '../checkpoint/errors';
import type { AdapterFactorInfo, AdapterModuleInfo, LoraModuleInfo } from '../checkpoint/sourceDescription';
import type { MatrixSource } from '../matrices/matrixSource';
import { everything } from '../matrices/matrixReader';

export interface ModuleReport extends Omit<AdapterModuleInfo, 'factors' | 'unavailable'> {
  readonly normA: number | null;
  readonly normB: number | null;
  /** Norm of the weight update, scaling * B * A. */
  readonly normDelta: number | null;
  readonly formula?: string;
  readonly unavailable?: string;
  readonly factors: readonly (AdapterFactorInfo & { readonly norm: number | null })[];
}

/** One entry per module of the adapter. Each stacked expert has its own. */
export async function describeModules(source: MatrixSource): Promise<ModuleReport[]> {
  const { adapters = [], lora } = source.description;
  const products = new Map<string, (typeof lora)[number][]>();
  const keyOf = (module: string): string => module.replace(/\[\d+\]$/, '');
  for (const info of lora) {
    const list = products.get(keyOf(info.module)) ?? products.get(info.module) ?? [];
    list.push(info);
    products.set(keyOf(info.module), list);
  }
  const reports: ModuleReport[] = [];
  for (const adapter of adapters) {
    // A bias or an embedding that is saved in full shares the name of the adapted module but has no product.
    const isSaved = adapter.method === 'SAVED';
    const found = isSaved ? [] : (products.get(adapter.module) ?? products.get(keyOf(adapter.module)) ?? []);
    if (found.length === 0) {
      const factors = await withNorms(source, adapter, new Map());
      const norms = { normA: null, normB: null, normDelta: null };
      reports.push({ ...withoutReason(adapter), ...reasonOf(adapter.unavailable), factors, ...norms });
      continue;
    }
    const measured = await measure(source, found);
    const factors = await withNorms(source, adapter, found.length === 1 ? knownNorms(found[0]!, measured) : new Map());
    // Methods that store A and B in another form, or stack experts, multiply other matrices than those in the file.
    const stored = (name: string): number | null =>
      found.length > 1 ? null : (factors.find(({ tensor }) => tensor === name)?.norm ?? null);
    for (const {
      module,
      a,
      b,
      scaling,
      scalingSource,
      alpha,
      formula,
      unavailable,
      inFeatures,
      outFeatures,
    } of found) {
      const norms = measured.get(module) ?? null;
      reports.push({
        ...withoutReason(adapter),
        module,
        alpha,
        scaling,
        scalingSource,
        inFeatures,
        outFeatures,
        parameters: Math.round(adapter.parameters / found.length),
        factors,
        normA: stored(a) ?? norms?.a ?? null,
        normB: stored(b) ?? norms?.b ?? null,
        normDelta: norms?.delta ?? null,
        ...(formula !== undefined && { formula }),
        ...reasonOf(unavailable ?? norms?.failure),
      });
    }
  }
  return reports;
}

interface Norms {
  readonly a: number | null;
  readonly b: number | null;
  readonly delta: number | null;
  readonly failure?: string;
}

function withoutReason({ unavailable: _, ...adapter }: AdapterModuleInfo): Omit<AdapterModuleInfo, 'unavailable'> {
  return adapter;
}

function reasonOf(unavailable: string | undefined): { readonly unavailable?: string } {
  return unavailable === undefined ? {} : { unavailable };
}

async function normsOf(source: MatrixSource, module: string): Promise<Norms> {
  try {
    const stored = source.storedProduct?.(module);
    return stored ? await productNorms(stored) : factorNorms(await source.factors(module));
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return { a: null, b: null, delta: null, failure: error.message };
  }
}

async function measure(source: MatrixSource, modules: readonly LoraModuleInfo[]): Promise<Map<string, Norms>> {
  const measured = new Map<string, Norms>();
  for (const { module, unavailable } of modules)
    if (unavailable === undefined) measured.set(module, await normsOf(source, module));
  return measured;
}

/** The norms of a pair's tensors, which were read for the product. */
function knownNorms({ module, a, b }: LoraModuleInfo, measured: ReadonlyMap<string, Norms>): Map<string, number> {
  const norms = measured.get(module);
  return new Map([...entryOf(a, norms?.a), ...entryOf(b, norms?.b)]);
}

function entryOf(tensor: string, norm: number | null | undefined): [string, number][] {
  return tensor === '' || norm === null || norm === undefined ? [] : [[tensor, norm]];
}

async function withNorms(
  source: MatrixSource,
  { factors }: AdapterModuleInfo,
  known: ReadonlyMap<string, number>,
): Promise<ModuleReport['factors']> {
  const reports: (AdapterFactorInfo & { norm: number | null })[] = [];
  for (const factor of factors)
    reports.push({ ...factor, norm: known.get(factor.tensor) ?? (await tensorNorm(source, factor.tensor)) });
  return reports;
}

async function tensorNorm(source: MatrixSource, name: string): Promise<number | null> {
  try {
    const matrix = await source.matrix({ kind: 'entries', name });
    let sum = 0;
    await matrix.scan(everything(matrix), ({ values }) => {
      for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
    });
    return Math.sqrt(sum);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return null;
  }
}
