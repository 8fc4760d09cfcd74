/** Copies of models under other Hub ids. All names are in lower case. */

/** Organisations that publish copies of models with the same shapes under the same names. */
export const COPYING_ORGANISATIONS: readonly string[] = [
  'ai-modelscope',
  'hugging-quants',
  'llm-research',
  'lmstudio-community',
  'mlx-community',
  'neuralmagic',
  'nousresearch',
  'redhatai',
  'thebloke',
  'unsloth',
];

/** Model types whose copies have other modules: Unsloth splits the fused projections of Phi-3 as in Llama. */
export const CHANGING_COPIES: Readonly<Record<string, readonly string[]>> = { unsloth: ['phi3', 'gpt_oss'] };

/** Endings of the names of quantised copies, whose weights stand for matrices of the same shapes. Longer ones first. */
export const QUANTISED_ENDINGS: readonly string[] = [
  '-unsloth-bnb-4bit',
  '-bnb-4bit',
  '-bnb-8bit',
  '-gptq-int4',
  '-gptq-int8',
  '-awq-int4',
  '-fp8-dynamic',
  '-gptq',
  '-awq',
  '-fp8',
  '-gguf',
  '-bf16',
  '-4bit',
  '-8bit',
];
