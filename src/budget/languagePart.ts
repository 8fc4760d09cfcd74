/** Which part of a config describes the language model, and where a multimodal model keeps it. */

import { architectureOf } from './architectures';
import type { RawConfig } from '../peftConfig/configValues';
import { isObject, text } from '../peftConfig/configValues';
import type { Wrapper } from './modelShape';
import { HIDDEN } from './partShape';

interface LanguagePart {
  readonly part: RawConfig;
  readonly modelType: string;
  /** Null where the model is a language model and nothing else. */
  readonly wrapper: Wrapper | null;
}

/** transformers 5 holds the language model beside the vision tower, the output layer above both. */
const under = (name: string): Wrapper => ({ base: (_, bare) => (bare ? name : `model.${name}`), head: '' });
const BESIDE_VISION = under('language_model');
const AS_TEXT_MODEL = under('text_model');
/** Others hold the whole language model, output layer included. */
const WHOLE_INSIDE: Wrapper = {
  base: (ownPath) => ['language_model', ownPath].filter(Boolean).join('.'),
  head: 'language_model',
};
const THINKER: Wrapper = { base: () => 'thinker.model', head: 'thinker' };
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  llama4: WHOLE_INSIDE,
  internvl_chat: WHOLE_INSIDE,
  idefics2: AS_TEXT_MODEL,
  idefics3: AS_TEXT_MODEL,
  smolvlm: AS_TEXT_MODEL,
  qwen2_5_omni: THINKER,
};

/** Text parts that leave their type to the model around them, and sizes that stand beside `vision_config`. */
const TEXT_TYPES: Readonly<Record<string, string>> = {
  llava: 'llama',
  paligemma: 'gemma',
  gemma3: 'gemma3_text',
  llama4: 'llama4_text',
  glm4v: 'glm4v_text',
  qwen2_vl: 'qwen2_vl_text',
  qwen2_5_vl: 'qwen2_5_vl_text',
};

/** Text parts list only what differs from their class: width, MLP width, layers, heads, vocabulary. */
const CLASS_SIZES: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  llama: [4096, 11008, 32, 32, 32000],
  mistral: [4096, 14336, 32, 32, 32000],
  mixtral: [4096, 14336, 32, 32, 32000],
  qwen2: [4096, 22016, 32, 32, 151936],
  qwen3: [4096, 22016, 32, 32, 151936],
  gemma: [3072, 24576, 28, 16, 256000],
  gemma2: [2304, 9216, 26, 8, 256000],
  gemma3n_text: [2048, 16384, 35, 8, 262400],
  gemma4_text: [2304, 9216, 30, 8, 262144],
  qwen3_5_text: [4096, 12288, 32, 16, 248320],
  gemma3_text: [2304, 9216, 26, 8, 262208],
  llama4_text: [5120, 8192, 48, 40, 202048],
  qwen2_vl_text: [8192, 29568, 80, 64, 152064],
  qwen2_5_vl_text: [8192, 29568, 80, 64, 152064],
  qwen3_vl_text: [4096, 22016, 32, 32, 151936],
  glm4v_text: [4096, 13696, 40, 32, 151552],
  clip: [512, 2048, 12, 8, 49408],
  siglip: [768, 3072, 12, 12, 32000],
};

export function languagePart(config: RawConfig): LanguagePart {
  const outer = text(config, 'model_type') ?? '';
  const composite = architectureOf(outer)?.composite ?? false;
  const wrapper = composite ? null : (own(WRAPPERS, outer) ?? BESIDE_VISION);
  const thinker = config['thinker_config'];
  for (const holder of isObject(thinker) ? [thinker, config] : [config]) {
    for (const key of ['text_config', 'llm_config', 'language_config']) {
      const part = Object.hasOwn(holder, key) ? holder[key] : undefined;
      if (!isObject(part)) continue;
      const modelType = composite ? outer : (text(part, 'model_type') ?? own(TEXT_TYPES, outer) ?? `${outer}_text`);
      const sizes = classSizes(modelType);
      if (sizes || HIDDEN.some((name) => typeof part[name] === 'number'))
        return { part: { ...sizes, ...part }, modelType, wrapper };
    }
  }
  const flat = own(TEXT_TYPES, outer);
  if (flat !== undefined) return { part: config, modelType: flat, wrapper };
  // A pair of towers of nothing but defaults.
  if (composite) return { part: { ...classSizes(outer) }, modelType: outer, wrapper };
  return { part: config, modelType: outer, wrapper: null };
}

function classSizes(modelType: string): RawConfig | null {
  const sizes = own(CLASS_SIZES, modelType);
  if (!sizes) return null;
  const [hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, vocab_size] = sizes;
  return { hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, vocab_size };
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
