/** Finds the modules whose change is a product, with each one's factors, rank, alpha, scaling and their origin. */

import type { LoraModuleInfo } from '../sourceDescription';
import type { Problem } from '../../peftConfig/problem';
import { blockDiagonalFactor } from '../../peftConfig/blockDiagonal';
import { isObject } from '../../peftConfig/configValues';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { AdapterPart } from './adapterPart';
import type { AdapterParts } from './adapterParts';
import { quoted } from '../../peftConfig/quoted';
import { expertAxes } from './expertAxes';
import { stackedExperts, TargetedParameters } from './expertModules';
import type { ExpertModule } from './expertModules';
import { restoredPath } from './kohyaNames';
import { placeModules } from './layerGroups';
import { UNKNOWN_ALPHA, scalingOf } from './storedScaling';
import { isProduct, planProduct, withBlocksOfA } from './products';
import { inputsAreAlike } from './sharedInputs';
import type { Planned, Product } from './products';
import type { TensorEntry } from '../header';
import { filterInSteps, mapByKey, mapInSteps } from '../steps';
import type { Steps } from '../steps';

/**
 * Maximum number of experts in all modules. The largest published models have 100 layers of 512, with two pairs each.
 */
const MAX_EXPERT_MODULES = 120_000;

export interface LoraPairing {
  readonly modules: readonly LoraModuleInfo[];
  /** How to obtain each module's factors from the file, by module name. */
  readonly products: ReadonlyMap<string, Product>;
  readonly problems: readonly Problem[];
}

/**
 * `scalars` holds the values of `scalarTensors` by tensor name. `loraAlpha` is the alpha of all modules in a GGUF
 * adapter.
 */
export function* pairLora(
  tensors: readonly TensorEntry[],
  config: AdapterConfig | null,
  scalars: ReadonlyMap<string, number>,
  collected: AdapterParts,
  loraAlpha?: number,
): Steps<LoraPairing> {
  const shared = collected.parts.find(({ module }) => module === '');
  const sharing = collected.parts.filter(({ tensors: own }) => own.has('lambda_b'));
  const alike = inputsAreAlike(sharing.map(({ module }) => module));
  const problems: Problem[] = [];
  const adapted = yield* filterInSteps(collected.parts, isProduct);
  const units = yield* unitsOf(adapted, config, problems);
  const paths = yield* mapInSteps(units, ({ name }) => restoredPath(name));
  const places = yield* placeModules(paths);
  const stored = yield* mapByKey(tensors, ({ name }) => name);
  const products = new Map<string, Product>();

  const modules = yield* mapInSteps(units, ({ part, name, planned }, i): LoraModuleInfo => {
    const plan = planned ?? planOf(part, shared, alike, config);
    const product = 'product' in plan ? plan.product : null;
    const unavailable = 'unavailable' in plan ? plan.unavailable : null;
    const sizes = product ?? looseSizes(part);
    const rank = alphaRank(part, sizes.rank);
    if (product) products.set(name, product);
    if (unavailable !== null)
      problems.push({
        severity: 'unsaved' in plan ? 'info' : 'warning',
        message: `${quoted(name)}: ${unavailable}`,
        subject: name,
      });
    const weight = product?.recipe === 'plain' ? frozenWeight(part, product, stored, config) : null;
    const source = (key: 'a' | 'b'): string => part.tensors.get(key)?.entry.name ?? '';
    return {
      module: name,
      ...(paths[i] !== name && { path: paths[i] }),
      ...places[i]!,
      rank: sizes.rank,
      ...scalingOf(name, part, rank, config, { scalars, loraAlpha }, problems),
      inFeatures: sizes.inFeatures,
      outFeatures: sizes.outFeatures,
      a: source('a'),
      b: source('b'),
      ...(product?.reshaped && { reshaped: true }),
      ...(product?.formula && { formula: product.formula }),
      ...(product?.structure && { structure: product.structure }),
      ...(weight !== null && { weight }),
      ...(unavailable !== null && { unavailable }),
    };
  });
  const unknown = modules.filter(({ scalingSource }) => scalingSource === UNKNOWN_ALPHA).length;
  if (unknown > 0) problems.push({ severity: 'info', message: unknownAlphaMessage(unknown, config === null) });
  const magnitudes = adapted.filter((part) => part.tensors.has('magnitude')).length;
  if (magnitudes > 0) problems.push({ severity: 'info', message: doraMessage(magnitudes) });
  return { modules, products, problems };
}

/** The modules of all parts: one each, or one for each stacked expert. */
function* unitsOf(
  adapted: readonly AdapterPart[],
  config: AdapterConfig | null,
  problems: Problem[],
): Steps<ExpertModule[]> {
  const parameters = new TargetedParameters(config);
  let experts = MAX_EXPERT_MODULES;
  const axes = expertAxes(adapted, config, ({ module }) => parameters.pathOf(module));
  for (const problem of axes.problems) problems.push(problem);
  yield;
  const expanded = yield* mapInSteps(adapted, (part) => {
    const stacked = stackedExperts(part, config, parameters, experts, axes.exchanged.has(part));
    experts -= stacked?.length ?? 0;
    return stacked ?? [{ part, name: part.module, planned: null }];
  });
  return expanded.flat();
}

function unknownAlphaMessage(count: number, withoutConfig: boolean): string {
  const where = withoutConfig
    ? 'there is no usable adapter_config.json beside the file'
    : 'it is not in the file or its config';
  return `the alpha of ${count} modules is unknown (${where}): their scaling is taken as 1`;
}

function doraMessage(count: number): string {
  return (
    `${count} modules are DoRA: their rows are scaled to learned magnitudes after scaling * B * A is added, ` +
    'so the product shown is the change of direction, not the whole change'
  );
}

function planOf(
  part: AdapterPart,
  shared: AdapterPart | undefined,
  alike: boolean,
  config: AdapterConfig | null,
): Planned {
  if (part.tensors.has('lambda_b') && shared?.tensors.has('shared_A') && !alike) {
    const unavailable = 'A is shared by modules of several widths, and the file does not tell the width of this one';
    return { unavailable, unsaved: true };
  }
  const options = config?.get('use_bdlora');
  const blocks = isObject(options) ? blockDiagonalFactor(options, part.module) : null;
  // Only loralib's MergedLinear stores a B with fewer columns than A has rows. loralib's names have no suffix.
  const bare = part.tensors.get('b')?.entry.name.endsWith('.lora_B') ?? false;
  const plan = planProduct(part, shared, blocks?.side === 'b' || bare);
  return blocks?.side === 'a' && 'product' in plan && plan.product.recipe === 'plain'
    ? { product: withBlocksOfA(plan.product, blocks.count) }
    : plan;
}

/** The rank that divides alpha: that of each LoHa product or of LoKr's factors. `null` if LoKr's factors are whole. */
function alphaRank({ method, tensors }: AdapterPart, rank: number): number | null {
  if (method === 'LOHA') return tensors.get('w1_b')?.entry.shape[0] ?? null;
  if (method === 'LOKR') {
    for (const part of ['w2_b', 'w1_b']) {
      const entry = tensors.get(part)?.entry;
      if (entry) return entry.shape[0] ?? null;
    }
    return null;
  }
  // loralib divides alpha by the rank of one block of its block-diagonal B.
  const b = tensors.get('b')?.entry;
  return b?.name.endsWith('.lora_B') && !tensors.has('inner') ? (b.shape[1] ?? rank) : rank;
}

/** The sizes of a module without a product, as far as its halves show them. */
function looseSizes({ method, tensors }: AdapterPart): Pick<LoraModuleInfo, 'rank' | 'inFeatures' | 'outFeatures'> {
  const scales = tensors.get('lambda_d')?.entry.shape[0];
  if (scales !== undefined) {
    const rank = method === 'PVERA' ? scales / 2 : scales;
    return { rank, inFeatures: 0, outFeatures: tensors.get('lambda_b')?.entry.shape[0] ?? 0 };
  }
  const a = tensors.get('a')?.entry.shape ?? [];
  const b = tensors.get('b')?.entry.shape ?? [];
  return {
    rank: (a.length > 1 ? a[0] : b[1]) ?? 0,
    inFeatures: a[1] ?? 0,
    outFeatures: (b.length > 1 ? b[0] : 0) ?? 0,
  };
}

/** PEFT saves the base weight beside an embedding's factors. It is used if its shape is that of B * A. */
function frozenWeight(
  { tensors, style }: AdapterPart,
  { outFeatures, inFeatures }: Product,
  stored: ReadonlyMap<string, TensorEntry>,
  config: AdapterConfig | null,
): string | null {
  if (style !== 'peft' || config?.fanInFanOut) return null;
  const path = tensors.get('a')!.entry.name.replace(/\.lora_A.*$/, '');
  const weight = stored.get(`${path}.base_layer.weight`);
  const fits =
    weight?.readable && weight.shape.length === 2 && weight.shape[0] === outFeatures && weight.shape[1] === inFeatures;
  return fits ? weight.name : null;
}
