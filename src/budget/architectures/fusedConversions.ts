/**
 * The experts' former linears by the type of the model, each with the fused tensor that replaces it.
 *
 * Written by scripts/fusedConversions.py from PEFT 0.21.0 with transformers 5.18.0.
 */

/** The experts' former linears by name, each with the fused tensor that replaces it in transformers 5. */
export type FusedNames = Readonly<Record<string, string>>;

interface Conversion {
  readonly names: FusedNames;
  /** Types of whole models, as the top of config.json states them. */
  readonly modelTypes: readonly string[];
}

export const FUSED_CONVERSIONS: readonly Conversion[] = [
  {
    names: { gate: 'gate.weight', w1: 'gate_up_proj', w3: 'gate_up_proj', w2: 'down_proj' },
    modelTypes: ['minimax', 'minimax_m2', 'mixtral'],
  },
  {
    names: { gate: 'gate.weight', gate_proj: 'gate_up_proj', up_proj: 'gate_up_proj', down_proj: 'down_proj' },
    modelTypes: [
      'afmoe',
      'cohere2_moe',
      'deepseek_v2',
      'deepseek_v3',
      'deepseek_v32',
      'dots1',
      'ernie4_5_moe',
      'exaone_moe',
      'flex_olmo',
      'glm4_moe',
      'glm4_moe_lite',
      'glm4v_moe',
      'glm_moe_dsa',
      'hunyuan_v1_moe',
      'longcat_flash',
      'mellum',
      'olmoe',
      'qwen3_moe',
      'qwen3_next',
      'qwen3_omni_moe',
      'qwen3_omni_moe_thinker',
      'solar_open',
    ],
  },
];
