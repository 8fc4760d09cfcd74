/**
 * What PEFT targets where a config says no target_modules: a table of model types for each method.
 *
 * Source: huggingface/peft `utils/constants.py`, as of 0.21. A string is a regular expression.
 */

type DefaultTargets = readonly string[];

/** 'llama mistral: q_proj v_proj' is one entry for each of the types. */
function table(text: string): ReadonlyMap<string, DefaultTargets> {
  const entries = text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [types = '', targets = ''] = line.split(':');
      const list = targets.trim().split(' ').filter(Boolean);
      return types
        .trim()
        .split(' ')
        .map((type) => [type, list] as const);
    });
  return new Map(entries);
}

function changed(base: ReadonlyMap<string, DefaultTargets>, text: string): ReadonlyMap<string, DefaultTargets> {
  return new Map([...base, ...table(text)]);
}

const LORA = table(`
t5 mt5: q v
bart opt gptj gpt_neo llama llama4 mistral mixtral stablelm gemma gemma2 gemma3_text qwen2 qwen3: q_proj v_proj
gpt2 gpt_bigcode: c_attn
bloom gpt_neox chatglm RefinedWebModel RefinedWeb falcon: query_key_value
blip-2: q v q_proj v_proj
bert roberta xlm-roberta electra layoutlm: query value
deberta-v2: query_proj value_proj
deberta: in_proj
mpt: Wqkv
btlm: c_proj c_attn
codegen: qkv_proj
phi: q_proj v_proj fc1 fc2
nemotron_h: q_proj k_proj v_proj o_proj
rwkv: key value receptance output
rwkv7: r_proj k_proj v_proj o_proj key value`);

const FOURIER = changed(LORA, 'gpt2 gpt_bigcode: mlp.c_proj');
const SHIRA = changed(LORA, 'phi: q_proj v_proj');

const IA3 = table(`
t5: k v wo
mt5: k v wi_1
gpt2 gpt_bigcode: c_attn mlp.c_proj
bloom: query_key_value mlp.dense_4h_to_h
roberta bert: key value output.dense
opt: q_proj k_proj fc2
gptj: q_proj v_proj fc_out
gpt_neox RefinedWebModel RefinedWeb falcon: query_key_value dense_4h_to_h
gpt_neo: q_proj v_proj c_proj
bart phi: q_proj v_proj fc2
llama mistral: k_proj v_proj down_proj
llama4 gemma gemma2 gemma3_text qwen2 qwen3: q_proj v_proj down_proj
mixtral: k_proj v_proj w2
deberta-v2: key_proj value_proj output.dense
deberta: in_proj output.dense`);

const IA3_FEEDFORWARD = table(`
t5: wo
mt5:
gpt2 gpt_bigcode: mlp.c_proj
bloom: mlp.dense_4h_to_h
roberta bert deberta-v2 deberta: output.dense
opt bart phi: fc2
gptj: fc_out
gpt_neox RefinedWeb RefinedWebModel falcon: dense_4h_to_h
gpt_neo: c_proj
llama llama4 mistral gemma gemma2 gemma3_text qwen2 qwen3: down_proj
mixtral: w2`);

const ADALORA = table(`
t5: q k v o wi wo
mt5: q k v o wi_0 wi_1 wo
bart opt: q_proj k_proj v_proj out_proj fc1 fc2
gpt2 gpt_bigcode: c_attn
bloom gpt_neox: query_key_value
gptj gpt_neo llama llama4 gemma gemma2 gemma3_text qwen2 qwen3: q_proj v_proj
bert: query value
roberta: query key value dense
deberta-v2: query_proj key_proj value_proj dense
deberta: in_proj
nemotron_h: q_proj k_proj v_proj o_proj`);

const LN_TUNING = table(`
llama mistral gemma: input_layernorm post_attention_layernorm norm
bloom falcon: input_layernorm post_attention_layernorm ln_f
llava: multi_modal_projector input_layernorm post_attention_layernorm norm embed_tokens lm_head
t5 mt5: layer_norm final_layer_norm
bart: self_attn_layer_norm encoder_attn_layer_norm final_layer_norm
gpt2: ln_1 ln_2 ln_f
blip-2: layernorm LayerNorm final_layer_norm self_attn_layer_norm
gptj: ln_1 ln_f
phi: input_layernorm final_layernorm
gemma2 gemma3_text: input_layernorm post_attention_layernorm pre_feedforward_layernorm post_feedforward_layernorm norm
qwen2 qwen3: post_attention_layernorm`);

const BEFT = table(`
t5 mt5: v
roberta bert: value
opt gptj gpt_neo bart llama llama4 mistral mixtral phi gemma gemma2 gemma3_text qwen2 qwen3: v_proj
deberta-v2: value_proj`);

const OSF = table(`
llama llama4 mistral mixtral phi: q_proj k_proj v_proj o_proj gate_proj down_proj up_proj
gemma gemma2 gemma3_text qwen2 qwen3: q_proj k_proj v_proj o_proj gate_proj down_proj up_proj
gpt2 gpt_bigcode: c_attn c_proj
bloom gpt_neox falcon: query_key_value dense_4h_to_h
opt: q_proj k_proj v_proj out_proj fc1 fc2
gptj: q_proj k_proj v_proj out_proj fc_in fc_out`);

const WAVEFT = new Map([...FOURIER].filter(([type]) => !['btlm', 'rwkv', 'rwkv7'].includes(type)));

/** The methods that are not here share LoRA's table. */
const TABLES: Readonly<Record<string, ReadonlyMap<string, DefaultTargets>>> = {
  FOURIERFT: FOURIER,
  C3A: FOURIER,
  WAVEFT,
  SHIRA,
  VERA: SHIRA,
  PVERA: SHIRA,
  FROD: SHIRA,
  IA3,
  IA3_FEEDFORWARD,
  ADALORA,
  VBLORA: changed(ADALORA, 'roberta: query value'),
  LN_TUNING,
  BEFT,
  OSF,
};

/** Methods that take the names of modules but have no table: their configs must say them. */
const WITHOUT_TABLE: readonly string[] = ['XLORA'];

/** Null where PEFT has none for this model type; a ready answer for Gemma 4 is not among them, for it is a pattern. */
export function defaultTargetsOf(method: string, modelType: string): DefaultTargets | null {
  if (WITHOUT_TABLE.includes(method)) return null;
  const own = Object.hasOwn(TABLES, method) ? TABLES[method] : undefined;
  return (own ?? LORA).get(modelType) ?? null;
}
