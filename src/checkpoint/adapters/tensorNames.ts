/** Parses an adapter's tensor name into the module, the tensor's part in it, and the adapter's name. */

import { TENSOR_RULES } from './tensorRoles';
import type { TensorRule, TensorStyle } from './tensorRoles';
import { withoutWrappers } from './trainingWrappers';

export interface TensorName {
  readonly rule: TensorRule;
  readonly style: TensorStyle;
  /** `rule.part`, with an index if there are several: 'A.0'. */
  readonly part: string;
  /** Path of the adapted module in the base model; '' for tensors shared by all modules. */
  readonly module: string;
  /** The adapter's name if the tensor's name contains it, as in `lora_A.default.weight`. */
  readonly adapter: string;
}

/** Prefixes of PEFT's names (X-LoRA wraps LoRA's model). Names saved by transformers itself have none. */
const PEFT_PREFIXES = ['base_model.model.', 'base_model.lora_model.model.', 'base_model.'] as const;
/**
 * Number of segments from the end that may hold the name of a rule: `osf_svd_params.default.U_low`,
 * `peanut_encoders.default.0.weight`.
 */
const SEGMENTS_SEARCHED = 4;
/**
 * diffusers: `attn1.to_q.lora.down.weight`, `processor.to_q_lora.down.weight`, `to_q.lora_linear_layer.up.weight`.
 * XLabs: `qkv_lora1.up`.
 */
const DIFFUSERS_STEM = /(?:^|[._])lora\d{0,3}$|\.lora_linear_layer$/;
/** XLabs numbers several pairs of one module, 'qkv_lora1' and 'qkv_lora2'. The number stays in the module's name. */
const NUMBERED_PAIR = /_lora\d{1,3}$/;
/**
 * AdapterHub puts a module's adapters under it by name: `output.adapters.sst.adapter_up`, `query.loras.sst.lora_A`. An
 * adapter's prefixes are named after the attention that they precede: `prefix_tunings.sst.self_prefix.wte`.
 */
const ADAPTERHUB_FOLDERS =
  'loras|refts|prefix_tunings|prefix_gates|prompt_tunings|shared_parameters|adapter_fusion_layer|\\w*adapters';
const ADAPTERHUB_STEM = new RegExp(
  `(?:^|\\.)(?:${ADAPTERHUB_FOLDERS})\\.([^.]+)(?:\\.units\\.(\\d{1,4})|\\.(\\w{0,32}prefix))?$`,
);
/** Module names in kohya's style, where a plain `.weight` may belong to an adapter. */
const KOHYA_MODULE = /^(?:lora|lycoris)_/;

/** `null` if the name does not belong to an adapter. The segments of training wrappers are skipped. */
export function readTensorName(stored: string): TensorName | null {
  const name = withoutWrappers(stored);
  let end = name.length;
  let weak: TensorName | null = null;
  const rest: string[] = [];
  for (let i = 0; i < SEGMENTS_SEARCHED && end > 0; i++) {
    const dot = name.lastIndexOf('.', end - 1);
    const segment = name.slice(dot + 1, end);
    const last = rest.at(-1) === 'weight' ? rest.at(-2) : rest.at(-1);
    const rule = TENSOR_RULES.get(segment) ?? TENSOR_RULES.get(`${segment}.${last ?? ''}`);
    const found = rule && read(name.slice(0, Math.max(dot, 0)), segment, rule, rest);
    if (found && !found.rule.weak) return found;
    weak ??= found ?? null;
    rest.unshift(segment);
    end = dot;
  }
  return weak;
}

/** Removes the prefix that PEFT puts before every name. */
export function withoutPeftPrefix(path: string): string {
  for (const prefix of PEFT_PREFIXES) if (path.startsWith(prefix)) return path.slice(prefix.length);
  return path === 'base_model' ? '' : path;
}

function read(stem: string, segment: string, plain: TensorRule, after: readonly string[]): TensorName | null {
  let rest = after.at(-1) === 'weight' ? after.slice(0, -1) : after;
  const last = rest.at(-1);
  const special = last === undefined ? undefined : TENSOR_RULES.get(`${segment}.${last}`);
  if (special) rest = rest.slice(0, -1);
  // MLX stores bare parameters. torch's linear layers add '.weight' and store the factors the other way round.
  const ofLinear = after.at(-1) === 'weight' ? TENSOR_RULES.get(`${segment}.weight`) : undefined;
  const rule = special ?? ofLinear ?? plain;
  if (last === 'bias' && !special && !rule.weak) return null;

  const indices = rest.filter((part) => /^\d{1,6}$/.test(part));
  const [between = '', ...unknown] = rest.filter((part) => !/^\d{1,6}$/.test(part));
  // X-LoRA's classifier has layer names here, not an adapter's name.
  const adapter = rule.method === 'XLORA' ? '' : between;
  if (unknown.length > 0 || adapter.length > 64 || indices.length > 1) return null;
  const part = [rule.part, ...indices].join('.');
  // Names such as `alpha` or `m` also occur in models without adapters.
  if (rule.weak && (rest.length > 0 || stem === '' || (segment === 'weight' && !KOHYA_MODULE.test(stem)))) return null;

  // LyCORIS names GLoRA's tensors 'a1' and 'b2', which can mean anything in other files.
  if (rule.style === 'lycoris' && !KOHYA_MODULE.test(stem)) return null;
  if (rule.style === 'diffusers') {
    if (!DIFFUSERS_STEM.test(stem)) return null;
    return { rule, style: rule.style, part, module: diffusersModule(stem), adapter };
  }
  if (segment === 'alpha' && DIFFUSERS_STEM.test(stem)) {
    return { rule, style: rule.style, part, module: diffusersModule(stem), adapter };
  }
  const gguf = rule.style === 'mlx' && stem.endsWith('.weight') ? TENSOR_RULES.get(`weight.${segment}`) : undefined;
  if (gguf) return { rule: gguf, style: gguf.style, part, module: stem.slice(0, -'.weight'.length), adapter };
  const module = withoutPeftPrefix(stem);
  const hub = ADAPTERHUB_STEM.exec(module);
  if (hub) {
    const unit = hub[2] === undefined ? part : `${part}.${hub[2]}`;
    const path = module.slice(0, hub.index);
    const owner = hub[3] === undefined ? path : [path, hub[3]].filter((segment) => segment !== '').join('.');
    return { rule, style: 'adapterhub', part: unit, module: owner, adapter: hub[1]! };
  }
  if (rule.style === 'adapterhub') return null;
  if (rule.style === 'ktransformers')
    return { rule, style: rule.style, part, module: `${module}.${segment.replace(/_lora_.$/, '_proj')}`, adapter };
  return { rule, style: rule.style, part, module, adapter };
}

function diffusersModule(stem: string): string {
  if (NUMBERED_PAIR.test(stem)) return withoutPeftPrefix(stem);
  return withoutPeftPrefix(stem.replace(DIFFUSERS_STEM, ''));
}
