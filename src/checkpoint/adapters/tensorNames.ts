/** Takes an adapter's tensor name apart: the module it belongs to, which of its tensors it is, whose adapter. */

import { TENSOR_RULES } from './tensorRoles';
import type { TensorRule, TensorStyle } from './tensorRoles';

export interface TensorName {
  readonly rule: TensorRule;
  readonly style: TensorStyle;
  /** `rule.part`, with the index of one of several: 'A.0'. */
  readonly part: string;
  /** Path of the adapted module in the base model; '' for tensors that all modules share. */
  readonly module: string;
  /** The adapter's name where it is left inside, as in `lora_A.default.weight`. */
  readonly adapter: string;
}

/** Every PEFT name begins with one of these (X-LoRA wraps LoRA's model); transformers' own saving leaves them out. */
const PEFT_PREFIXES = ['base_model.model.', 'base_model.lora_model.model.', 'base_model.'] as const;
/** Segments, from the end, among which the telling one is: `osf_svd_params.default.U_low`, `peanut_encoders.default.0.weight`. */
const SEGMENTS_SEARCHED = 4;
/** diffusers: `attn1.to_q.lora.down.weight`, `processor.to_q_lora.down.weight`, `to_q.lora_linear_layer.up.weight`; XLabs: `qkv_lora1.up`. */
const DIFFUSERS_STEM = /(?:^|[._])lora\d{0,3}$|\.lora_linear_layer$/;
/** XLabs numbers several pairs of one module, 'qkv_lora1' and 'qkv_lora2': part of the module's name. */
const NUMBERED_PAIR = /_lora\d{1,3}$/;
/**
 * AdapterHub keeps a module's adapters under it by their names: `output.adapters.sst.adapter_up`, `query.loras.sst.lora_A`;
 * and an adapter's prefixes by the attention that they stand before: `prefix_tunings.sst.self_prefix.wte`.
 */
const ADAPTERHUB_STEM =
  /(?:^|\.)(?:loras|refts|prefix_tunings|prefix_gates|prompt_tunings|shared_parameters|adapter_fusion_layer|\w*adapters)\.([^.]+)(?:\.units\.(\d{1,4})|\.(\w{0,32}prefix))?$/;
/** Modules of kohya's naming, where a bare `.weight` may be an adapter's. */
const KOHYA_MODULE = /^(?:lora|lycoris)_/;

/** Null for a tensor that is no adapter's by its name. */
export function readTensorName(name: string): TensorName | null {
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

/** Without the prefix that PEFT puts before every name. */
export function withoutPeftPrefix(path: string): string {
  for (const prefix of PEFT_PREFIXES) if (path.startsWith(prefix)) return path.slice(prefix.length);
  return path === 'base_model' ? '' : path;
}

function read(stem: string, segment: string, plain: TensorRule, after: readonly string[]): TensorName | null {
  let rest = after.at(-1) === 'weight' ? after.slice(0, -1) : after;
  const last = rest.at(-1);
  const special = last === undefined ? undefined : TENSOR_RULES.get(`${segment}.${last}`);
  if (special) rest = rest.slice(0, -1);
  const rule = special ?? plain;
  if (last === 'bias' && !special && !rule.weak) return null;

  const indices = rest.filter((part) => /^\d{1,6}$/.test(part));
  const [between = '', ...unknown] = rest.filter((part) => !/^\d{1,6}$/.test(part));
  // X-LoRA's classifier has its layers there, no adapter's name.
  const adapter = rule.method === 'XLORA' ? '' : between;
  if (unknown.length > 0 || adapter.length > 64 || indices.length > 1) return null;
  const part = [rule.part, ...indices].join('.');
  // By itself `alpha` or `m` could be anything of a model's own.
  if (rule.weak && (rest.length > 0 || stem === '' || (segment === 'weight' && !KOHYA_MODULE.test(stem)))) return null;

  // LyCORIS calls GLoRA's tensors 'a1' and 'b2': a name for anything in another's file.
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
  return { rule, style: rule.style, part, module, adapter };
}

function diffusersModule(stem: string): string {
  if (NUMBERED_PAIR.test(stem)) return withoutPeftPrefix(stem);
  return withoutPeftPrefix(stem.replace(DIFFUSERS_STEM, ''));
}
