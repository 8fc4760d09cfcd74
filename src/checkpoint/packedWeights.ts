/**
 * Finds the weights that a quantised checkpoint stores packed, with the shape and number of the weights they stand for.
 * Scales, zero points, group indices, code books and shapes are no parameters.
 *
 * - GPTQ `qweight` I32 (in * bits / 32, out) and AWQ `qweight` I32 (in, out * bits / 32), beside `scales` (groups, out)
 *   and `qzeros` (groups, out * bits / 32).
 * - compressed-tensors `weight_packed` I32 (out, in * bits / 32), or U8 (out, in / 2) for NVFP4 and MXFP4.
 * - bitsandbytes `weight` beside `absmax` and `quant_map`: two weights in a byte of U8 (n / 2, 1), or of the type that
 *   `bnb_4bit_quant_storage` states; I8 (out, in) beside `SCB`.
 * - BitNet `weight` U8 (out / 4, in) beside one `weight_scale`; EETQ I8 beside `weight_scales`.
 * - quanto `weight._data` I8 as it is, or U8 with 8 / bits weights in a byte, beside `weight._scale`.
 * - NVFP4 of ModelOpt `weight` U8 (out, in / 2) beside `weight_scale`.
 * - FP8 and int8 `weight` (out, in) beside `weight_scale` or `weight_scale_inv`.
 * - MXFP4 `x_blocks` U8 (..., out, in / 32, 16) beside `x_scales`; transformers exchanges out and in of the experts.
 * - MLX `weight` U32 (out, in * bits / 32) beside `scales` (out, groups) and `biases`.
 * - HQQ `W_q` U8 with 8 / bits weights in a byte.
 *
 * Sources: the loaders of transformers' quantizers; huggingface.js, `parse-safetensors-metadata`.
 */

import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';
import { PatternError } from '../peftConfig/errors';
import { inOneMatching } from '../peftConfig/matching';
import { PythonPattern } from '../peftConfig/pythonPattern';
import { bitsOf as bitsPerEntry, isDtype } from './dtypes';
import type { NamedTensor, PackedWeight, PackedWeights } from './packedParameters';

/** Bits of a word of packed integers. */
const WORD = 32;
const BITSANDBYTES_BITS = 4;
/** Rows of ternary weights in a byte. */
const BITNET_ROWS = 4;
/** Weights in a group of MLX, and of MXFP4, if nothing states it. */
const MLX_GROUP = 64;
const DEFAULT_BITS = 4;
/** Suffixes of a packed module's tensors that are never weights. */
const COMPANIONS = [
  ...['qzeros', 'scales', 'g_idx', 'weight_scale', 'weight_scale_inv', 'weight_scale_2', 'weight_global_scale'],
  ...['weight_zero_point', 'weight_shape', 'weight_g_idx', 'input_scale', 'input_global_scale', 'input_zero_point'],
  ...['SCB', 'weight_format', 'weight.absmax', 'weight.quant_map', 'weight.nested_absmax', 'weight.nested_quant_map'],
  ...['weight.quant_state.bitsandbytes__nf4', 'weight.quant_state.bitsandbytes__fp4', 'biases'],
  ...['scale', 'zero', 'meta', 'nbits', 'group_size', 'axis', 'packing', 'shape', 'channel_wise', 'compute_dtype'],
  ...[
    'quant_scale',
    'quant_zero',
    'offload_meta',
    'optimize',
    'round_zero',
    'unpack_view_dtype',
    'stores_quant_config',
  ],
  ...['encoded_state_dict', 'view_as_float', 'weight_scales', 'output_scale', 'input_scale_ub'],
  ...['weight._scale', 'weight._shift', 'weight._zeropoint'],
];

/** `quantization` is `quantization_config`, or MLX's `quantization`, of the model's config.json. */
export function packedWeights(tensors: readonly NamedTensor[], quantization: RawConfig | null): PackedWeights {
  return inOneMatching(() => findPacked(tensors, quantization));
}

function findPacked(tensors: readonly NamedTensor[], quantization: RawConfig | null): PackedWeights {
  const weights = new Map<string, PackedWeight>();
  const companions = new Set<string>();
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of tensors) {
    const found = packedWeight(tensor, (name) => byName.get(name), quantization);
    if (!found) continue;
    const { module, ...weight } = found;
    weights.set(tensor.name, { tensor: tensor.name, ...weight });
    for (const name of [...COMPANIONS.map((suffix) => `${module}.${suffix}`), `${module}_scales`])
      if (byName.has(name)) companions.add(name);
  }
  return { weights, companions };
}

type Found = Omit<PackedWeight, 'tensor'> & { readonly module: string };
type Find = (name: string) => NamedTensor | undefined;

function packedWeight(tensor: NamedTensor, find: Find, quantization: RawConfig | null): Found | null {
  const { name } = tensor;
  const end = name.slice(name.lastIndexOf('.') + 1);
  const module = name.slice(0, Math.max(name.length - end.length - 1, 0));
  if (name.endsWith('.weight._data')) return quantoWeight(tensor, find, quantization);
  if (end === 'qweight') return integerWeight(tensor, module, find, quantization);
  if (end === 'weight_packed') return compressedWeight(tensor, module, quantization);
  if (end === 'weight') return plainlyNamed(tensor, module, find, quantization);
  if (end === 'W_q') return hqqWeight(tensor, module, quantization);
  if (name.endsWith('_blocks') && tensor.dtype === 'U8') {
    const stem = name.slice(0, -'_blocks'.length);
    if (!find(`${stem}_scales`)) return null;
    const [out = 0, groups = 0, bytes = 0] = tensor.shape.slice(-3);
    const inFeatures = 2 * groups * bytes;
    const experts = tensor.shape.slice(0, -3);
    return found(stem, stem, 'MXFP4', experts.length > 0 ? [...experts, inFeatures, out] : [out, inFeatures]);
  }
  return null;
}

/** GPTQ and AWQ. The scales tell which side is packed, and the zero points tell the bits. */
function integerWeight(tensor: NamedTensor, module: string, find: Find, quantization: RawConfig | null): Found | null {
  const [rows = 0, columns = 0] = tensor.shape;
  const scales = find(`${module}.scales`)?.shape;
  if (tensor.shape.length !== 2 || scales?.length !== 2) return null;
  const out = scales[1]!;
  const zeros = find(`${module}.qzeros`)?.shape[1];
  const bits = zeros ? (zeros * WORD) / out : bitsOf(quantization, module);
  const isAwq = columns !== out;
  const shape = isAwq ? [out, rows] : [out, Math.round((rows * WORD) / bits)];
  return found(`${module}.weight`, module, `${isAwq ? 'AWQ' : 'GPTQ'}, ${bits} bits`, shape);
}

function compressedWeight({ dtype, shape }: NamedTensor, module: string, quantization: RawConfig | null): Found | null {
  const [out = 0, packed = 0] = shape;
  if (shape.length !== 2) return null;
  const format = formatOf(quantization).startsWith('mxfp4') ? 'MXFP4' : 'NVFP4';
  if (dtype === 'U8') return found(`${module}.weight`, module, format, [out, 2 * packed]);
  const bits = bitsOf(quantization, module);
  const perWord = Math.floor(WORD / bits);
  return found(`${module}.weight`, module, `compressed-tensors, ${bits} bits`, [out, packed * perWord]);
}

function plainlyNamed(tensor: NamedTensor, module: string, find: Find, quantization: RawConfig | null): Found | null {
  const { name, dtype, shape } = tensor;
  const has = (suffix: string): boolean => find(`${module}.${suffix}`) !== undefined;
  if (has('weight.absmax') && isDtype(dtype)) {
    const parameters = (bitsPerEntry(dtype) / BITSANDBYTES_BITS) * shape.reduce((product, size) => product * size, 1);
    return { module, name, format: 'bitsandbytes, 4 bits', shape: null, parameters };
  }
  if (dtype === 'U8' && has('weight_scale') && shape.length === 2) {
    const [rows = 0, columns = 0] = shape;
    // BitNet has one scale for the whole weight, and NVFP4 one for each block.
    const single = (find(`${module}.weight_scale`)?.shape ?? []).every((size) => size === 1);
    return single
      ? found(name, module, 'BitNet, 2 bits', [BITNET_ROWS * rows, columns])
      : found(name, module, 'NVFP4', [rows, 2 * columns]);
  }
  if (dtype === 'U32' && has('scales') && shape.length >= 2) {
    const groups = find(`${module}.scales`)!.shape.at(-1) ?? 0;
    const stored = shape.at(-1)!;
    const said = bitsOf(quantization, module, null);
    const inFeatures = said === null ? groups * MLX_GROUP : (stored * WORD) / said;
    const bits = said ?? (stored * WORD) / inFeatures;
    return found(name, module, `MLX, ${bits} bits`, [...shape.slice(0, -1), inFeatures]);
  }
  if (dtype === 'I8' && (has('SCB') || has('weight_scale') || has('weight_scales')))
    return found(name, module, has('SCB') ? 'bitsandbytes, 8 bits' : 'int8', shape);
  if (dtype.startsWith('F8') && (has('weight_scale') || has('weight_scale_inv')))
    return found(name, module, 'FP8', shape);
  return null;
}

/** quanto's 8-bit weights are stored as they are, and the others packed along the first dimension. */
function quantoWeight({ name, dtype, shape }: NamedTensor, find: Find, quantization: RawConfig | null): Found | null {
  const weight = name.slice(0, -'._data'.length);
  if (!find(`${weight}._scale`)) return null;
  const module = weight.slice(0, -'.weight'.length);
  if (dtype !== 'U8') return found(weight, module, 'quanto, 8 bits', shape);
  const bits = quantization?.['weights'] === 'int2' ? 2 : DEFAULT_BITS;
  const parameters = (8 / bits) * shape.reduce((product, size) => product * size, 1);
  return { module, name: weight, format: `quanto, ${bits} bits`, shape: null, parameters };
}

function hqqWeight({ shape, dtype }: NamedTensor, module: string, quantization: RawConfig | null): Found {
  const bits = bitsOf(quantization, module);
  // Three bits are packed ten to a word of 32; the others fill whole bytes.
  const perEntry = dtype === 'I32' ? 10 : Math.max(1, Math.floor(8 / bits));
  const parameters = perEntry * shape.reduce((product, size) => product * size, 1);
  return { module, name: `${module}.weight`, format: `HQQ, ${bits} bits`, shape: null, parameters };
}

function found(name: string, module: string, format: string, shape: readonly number[]): Found {
  return { module, name, format, shape, parameters: shape.reduce((product, size) => product * size, 1) };
}

/** The bits of a module's weights as the config states them, under any of the usual names. */
function bitsOf(quantization: RawConfig | null, module: string): number;
function bitsOf(quantization: RawConfig | null, module: string, fallback: null): number | null;
function bitsOf(quantization: RawConfig | null, module: string, fallback: number | null = DEFAULT_BITS): number | null {
  if (!quantization) return fallback;
  const own = Object.hasOwn(quantization, module) ? quantization[module] : undefined;
  const holders = [own, quantization, quantization['quant_config'], quantization['weights_quant_params']];
  for (const holder of [...holders, ...groupsOf(quantization, module)]) {
    if (!isObject(holder)) continue;
    const nested = holder['weight_quant_params'];
    const values = [holder['bits'], holder['num_bits'], holder['w_bit'], holder['nbits']];
    if (isObject(nested)) values.push(nested['nbits']);
    const bits = values.find((value) => typeof value === 'number' && value >= 1 && value <= WORD);
    if (typeof bits === 'number') return bits;
  }
  return fallback;
}

/** The weights' settings of compressed-tensors: of the groups that name the module, then of those for a class. */
function groupsOf({ config_groups: groups }: RawConfig, module: string): unknown[] {
  if (!isObject(groups)) return [];
  const all = Object.values(groups).filter(isObject);
  const named = all.filter(({ targets }) => Array.isArray(targets) && targets.some((each) => isTarget(each, module)));
  return [...named, ...all].map(({ weights }) => weights);
}

/** A target is a module's name or its end, or a pattern after 're:'. Others are names of classes. */
function isTarget(target: unknown, module: string): boolean {
  if (typeof target !== 'string') return false;
  if (target === module || module.endsWith(`.${target}`)) return true;
  if (!target.startsWith('re:')) return false;
  try {
    return new PythonPattern(target.slice('re:'.length)).match(module) !== null;
  } catch (error) {
    if (error instanceof PatternError) return false;
    throw error;
  }
}

function formatOf(quantization: RawConfig | null): string {
  const format = quantization?.['format'];
  return typeof format === 'string' ? format : '';
}
