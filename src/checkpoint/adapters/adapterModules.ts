/** Describes an adapter of any method: its modules, the role of each of their tensors, and the tensors left over. */

import type { AdapterFactorInfo, AdapterModuleInfo, LoraModuleInfo } from '../sourceDescription';
import type { Problem } from '../../peftConfig/problem';
import { isTrainedWhole } from '../../peftConfig/adapterConfig';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { AdapterPart } from './adapterPart';
import type { AdapterParts } from './adapterParts';
import { quoted } from '../../peftConfig/quoted';
import type { LoraPairing } from './loraPairs';
import { configuredRank } from '../../peftConfig/peftScaling';
import { methodScaling } from '../../peftConfig/methodScaling';
import { elementCount } from '../safetensors/safetensorsLayout';
import { eachInSteps, mapInSteps } from '../steps';
import type { Steps } from '../steps';
import { savedTensors } from './savedTensors';
import { unmatchedKeys } from './peftKeys';
import { emptyTensors, tokenRows } from './savedShapes';
import { dimensionWords } from './tensorRoles';
import { unmergedModel } from './unmergedModel';

interface AdapterModules {
  readonly modules: readonly AdapterModuleInfo[];
  readonly unexplained: readonly { readonly tensor: string; readonly reason: string }[];
  readonly problems: readonly Problem[];
}

/** Why a method's change of the weight cannot be shown from the adapter alone. */
const NO_CHANGE: ReadonlyMap<string, string> = new Map([
  ['IA3', 'it scales the input or output of the module: the change of the weight depends on the weight'],
  ...['OFT', 'BOFT', 'HRA', 'ROAD', 'PSOFT'].map(
    (method) => [method, 'it rotates the frozen weight, which is not in the file'] as const,
  ),
  ...['FOURIERFT', 'WAVEFT'].map(
    (method) => [method, 'the change is a transform of coefficients whose positions come from a seed'] as const,
  ),
  ['HIRA', 'the change is the frozen weight times B * A entry by entry: the weight is not in the file'],
  ['DEFT', 'it replaces directions of the frozen weight, which is not in the file'],
  ['GLORA', 'part of the change is proportional to the frozen weight, which is not in the file'],
  ['OSF', 'it replaces the smallest singular directions of the weight'],
  ['VBLORA', 'A and B are mixed from vectors of the shared bank'],
  ['RANDLORA', 'the change is a sum over shared random bases'],
  ['GRALORA', 'the change is a grid of blocks, each with its own product'],
  ['POLY', 'the change is mixed from the skills of each task'],
  ['LILY', 'the change is mixed separately for each token'],
  ['LN_TUNING', 'the norm is retrained in full'],
]);
const NO_CHANGE_OTHERWISE = 'the change is not a product of these tensors alone';
/** Methods that change no weight of a module. */
const NO_WEIGHT: ReadonlySet<string> = new Set([
  'PROMPT_TUNING',
  'TRAINABLE_TOKENS',
  'BOTTLENECK',
  'PREFIX_TUNING',
  'FUSION',
]);

/** Describes the adapter in a file. A base model has no modules and nothing unexplained. */
export function* describeAdapter(
  collected: AdapterParts,
  lora: LoraPairing,
  config: AdapterConfig | null,
): Steps<AdapterModules> {
  const none: AdapterModules = { modules: [], unexplained: [], problems: [] };
  if (collected.parts.length === 0 && !config?.peftType && !isTrainedWhole(config)) return none;
  const problems: Problem[] = [];
  const unexplained: { tensor: string; reason: string }[] = [];
  const products = yield* productsOfParts(collected.parts, lora);
  const modules = yield* mapInSteps(collected.parts, (part) =>
    describePart(part, products.get(part) ?? [], config, problems, unexplained),
  );
  const whole = yield* unmergedModel(collected);
  if (whole) return { modules, unexplained, problems: [whole] };
  const saved = yield* savedTensors(collected.rest, collected.parts, config);
  for (const entry of collected.doubles)
    unexplained.push({ tensor: entry.name, reason: 'another tensor of the file already has its role in the module' });
  for (const tensor of saved.unexplained) unexplained.push(tensor);
  if (unexplained.length > 0) {
    const [{ tensor, reason }] = unexplained as [(typeof unexplained)[0]];
    const others = unexplained.length > 1 ? ' and others' : '';
    const message = `${unexplained.length} tensors are not understood: ${quoted(tensor)}${others}: ${reason}`;
    problems.push({ severity: 'warning', message, subject: tensor });
  }
  const all = [...modules, ...saved.modules];
  const unmatched = yield* unmatchedKeys(collected, config);
  const empty = yield* emptyTensors(all);
  const found = [...unmatched, ...empty, ...tokenRows(collected.parts, config)];
  return { modules: all, unexplained, problems: [...problems, ...found] };
}

/** The LoRA modules of each part, matched by their tensors' names. Stacked experts are several modules. */
function* productsOfParts(
  parts: readonly AdapterPart[],
  { modules }: LoraPairing,
): Steps<Map<AdapterPart, LoraModuleInfo[]>> {
  const byHalf = new Map<string, AdapterPart>();
  const byName = new Map<string, AdapterPart>();
  yield* eachInSteps(parts, (part) => {
    byName.set(part.module, part);
    for (const key of ['a', 'b']) {
      const entry = part.tensors.get(key)?.entry;
      if (entry) byHalf.set(entry.name, part);
    }
  });
  const found = new Map<AdapterPart, LoraModuleInfo[]>();
  yield* eachInSteps(modules, (info) => {
    const part = byHalf.get(info.a) ?? byHalf.get(info.b) ?? byName.get(info.module);
    if (!part) return;
    const list = found.get(part) ?? [];
    found.set(part, list);
    list.push(info);
  });
  return found;
}

function describePart(
  part: AdapterPart,
  products: readonly LoraModuleInfo[],
  config: AdapterConfig | null,
  problems: Problem[],
  unexplained: { tensor: string; reason: string }[],
): AdapterModuleInfo {
  const sizes = new Map<string, number>();
  const factors: AdapterFactorInfo[] = [];
  for (const { name, entry } of part.tensors.values()) {
    const dims = dimensionWords(name.rule, entry.shape);
    if (!dims) {
      const expected = name.rule.dims.map((words) => `(${words.join(', ')})`).join(' or ');
      const reason = `it has shape [${entry.shape.join(', ')}], expected ${expected} for ${name.rule.role}`;
      unexplained.push({ tensor: entry.name, reason });
    }
    factors.push({ tensor: entry.name, role: name.rule.role, shape: entry.shape, dims: dims ?? [] });
    dims?.forEach((word, i) => {
      if (!['rank', 'in', 'out'].includes(word) || products.length > 0) return;
      const size = entry.shape[i]!;
      const known = sizes.get(word);
      if (known === undefined) sizes.set(word, size);
      else if (known !== size) {
        const message = `${quoted(entry.name)}: ${word} is ${size}, other tensors of the module have ${known}`;
        problems.push({ severity: 'warning', message, subject: entry.name });
      }
    });
  }
  const [product] = products;
  const method = methodOf(part, config);
  const stacked = products.length > 1 || product?.module.endsWith(']');
  const unavailable = product ? product.unavailable : NO_WEIGHT.has(method) ? undefined : noChange(part, method);
  const scaling = product ?? methodScaling(method, config);
  const kernel = factors.find(({ dims }) => dims.includes('in'));
  return {
    module: product ? product.module.replace(/\[0\]$/, '') : part.module,
    method,
    rank: product ? trueRank(part, product, config) : (sizes.get('rank') ?? null),
    alpha: scaling?.alpha ?? null,
    scaling: scaling?.scaling ?? null,
    scalingSource: scaling?.scalingSource ?? null,
    inFeatures: product && product.inFeatures > 0 ? product.inFeatures : (sizes.get('in') ?? inOf(kernel)),
    outFeatures: product && product.outFeatures > 0 ? product.outFeatures : (sizes.get('out') ?? null),
    ...(stacked && { experts: products.length }),
    factors,
    parameters: factors.reduce((sum, { shape }) => sum + (elementCount(shape) ?? 0), 0),
    ...(unavailable !== undefined && { unavailable }),
  };
}

function inOf(factor: AdapterFactorInfo | undefined): number | null {
  return factor ? (factor.shape[factor.dims.indexOf('in')] ?? null) : null;
}

/** The trained rank, which differs from the rank of a LoHa or LoKr rewritten as B * A. */
function trueRank(
  { method, module, tensors }: AdapterPart,
  product: LoraModuleInfo,
  config: AdapterConfig | null,
): number | null {
  if (method !== 'LOHA' && method !== 'LOKR') return product.rank;
  for (const part of ['w2_b', 'w1_b']) {
    const entry = tensors.get(part)?.entry;
    if (entry) return entry.shape[0] ?? null;
  }
  return config?.peftType === method ? configuredRank(module, config) : null;
}

/** The config decides where it knows more than the tensor names: other methods also use LoRA's names. */
function methodOf({ method, module, tensors }: AdapterPart, config: AdapterConfig | null): string {
  const said = config?.peftType;
  if (!said || said === method) return method;
  if (method === 'PROMPT_TUNING' && module === '') return said;
  if (method === 'TRAINABLE_TOKENS' || tensors.size === 0) return method;
  return method === 'LORA' && (said === 'XLORA' || said === 'ADALORA') ? said : method;
}

function noChange({ module, tensors }: AdapterPart, method: string): string {
  if (module === '' && [...tensors.keys()].some((part) => /^shared|bank|theta/.test(part)))
    return 'it is shared by all modules';
  return NO_CHANGE.get(method) ?? NO_CHANGE_OTHERWISE;
}
