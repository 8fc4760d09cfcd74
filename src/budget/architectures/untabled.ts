/**
 * Facts about model types that have no module table. Models of these types are counted from the header of a checkpoint.
 */

import type { ModelFacts } from './modelFacts';

export const UNTABLED: readonly ModelFacts[] = [
  {
    modelTypes: ['codegen'],
    peftTargets: { LORA: 'qkv_proj' },
    forward: { kernels: ['eager'], floatScores: true, activation: 'gelu_new' },
  },
  {
    modelTypes: ['blip-2'],
    peftTargets: {
      LORA: 'q v q_proj v_proj',
      LN_TUNING: 'layernorm LayerNorm final_layer_norm self_attn_layer_norm',
    },
  },
  { modelTypes: ['btlm'], peftTargets: { LORA: 'c_proj c_attn', WAVEFT: null } },
  { modelTypes: ['rwkv'], peftTargets: { LORA: 'key value receptance output', WAVEFT: null } },
  { modelTypes: ['rwkv7'], peftTargets: { LORA: 'r_proj k_proj v_proj o_proj key value', WAVEFT: null } },
  {
    modelTypes: ['nemotron_h'],
    peftTargets: { LORA: 'q_proj k_proj v_proj o_proj', ADALORA: 'q_proj k_proj v_proj o_proj' },
  },
  {
    // The type of the whole model. Its language model's type is not in PEFT's mappings.
    modelTypes: ['llama4'],
    peftTargets: {
      LORA: 'q_proj v_proj',
      IA3: 'q_proj v_proj down_proj',
      IA3_FEEDFORWARD: 'down_proj',
      ADALORA: 'q_proj v_proj',
      BEFT: 'v_proj',
      OSF: 'q_proj k_proj v_proj o_proj gate_proj down_proj up_proj',
    },
  },
  { modelTypes: ['layoutlm'], peftTargets: { LORA: 'query value' } },
];
