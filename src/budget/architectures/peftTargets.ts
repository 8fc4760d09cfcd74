/**
 * PEFT's mappings from a model type to the modules that a method targets if its config names none.
 *
 * Source: huggingface/peft `utils/constants.py`, as of 0.21. PEFT keeps one mapping per method. In this project each
 * architecture has the entries of its own type.
 */

/** PEFT's mappings. A method without one of its own uses LoRA's. */
export type TargetMapping =
  | 'LORA'
  | 'FOURIERFT'
  | 'WAVEFT'
  | 'SHIRA'
  | 'IA3'
  | 'IA3_FEEDFORWARD'
  | 'ADALORA'
  | 'VBLORA'
  | 'LN_TUNING'
  | 'BEFT'
  | 'OSF';

/** Suffixes of module names, separated by spaces; `null` removes the entry of the mapping that this one copies. */
export type PeftTargets = Readonly<Partial<Record<TargetMapping, string | null>>>;

/** Mappings that PEFT makes as copies of others with a few entries changed. */
const COPIED_FROM: Readonly<Partial<Record<TargetMapping, TargetMapping>>> = {
  FOURIERFT: 'LORA',
  WAVEFT: 'FOURIERFT',
  SHIRA: 'LORA',
  VBLORA: 'ADALORA',
};

/** `null` if the mapping has no entry for the type. */
export function mappedTargets(targets: PeftTargets, mapping: TargetMapping): readonly string[] | null {
  const own = targets[mapping];
  if (own !== undefined) return own === null ? null : own.split(' ').filter(Boolean);
  const source = COPIED_FROM[mapping];
  return source ? mappedTargets(targets, source) : null;
}

const GATED: PeftTargets = {
  LORA: 'q_proj v_proj',
  IA3: 'q_proj v_proj down_proj',
  IA3_FEEDFORWARD: 'down_proj',
  BEFT: 'v_proj',
  OSF: 'q_proj k_proj v_proj o_proj gate_proj down_proj up_proj',
};
const BLOCK_NORMS = 'input_layernorm post_attention_layernorm norm';

export const MISTRAL_TARGETS: PeftTargets = { ...GATED, IA3: 'k_proj v_proj down_proj', LN_TUNING: BLOCK_NORMS };
export const LLAMA_TARGETS: PeftTargets = { ...MISTRAL_TARGETS, ADALORA: 'q_proj v_proj' };
export const GEMMA_TARGETS: PeftTargets = { ...GATED, ADALORA: 'q_proj v_proj', LN_TUNING: BLOCK_NORMS };
export const GEMMA2_TARGETS: PeftTargets = {
  ...GEMMA_TARGETS,
  LN_TUNING: 'input_layernorm post_attention_layernorm pre_feedforward_layernorm post_feedforward_layernorm norm',
};
export const QWEN_TARGETS: PeftTargets = { ...GEMMA_TARGETS, LN_TUNING: 'post_attention_layernorm' };
export const MIXTRAL_TARGETS: PeftTargets = { ...GATED, IA3: 'k_proj v_proj w2', IA3_FEEDFORWARD: 'w2' };
export const PHI_TARGETS: PeftTargets = {
  ...GATED,
  LORA: 'q_proj v_proj fc1 fc2',
  SHIRA: 'q_proj v_proj',
  IA3: 'q_proj v_proj fc2',
  IA3_FEEDFORWARD: 'fc2',
  LN_TUNING: 'input_layernorm final_layernorm',
};
