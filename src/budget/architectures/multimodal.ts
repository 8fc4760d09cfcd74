/** Multimodal model types: where each keeps its language model. The language models have tables of their own. */

import type { Wrapper } from '../modelShape';

interface Multimodal {
  /** The language model's type, for text parts that leave it out or sizes that stand beside `vision_config`. */
  readonly textType?: string;
  /** Absent if the language model is beside the vision tower. */
  readonly wrapper?: Wrapper;
}

/** transformers 5 keeps the language model beside the vision tower, and the output layer above both. */
const under = (name: string): Wrapper => ({ base: (_, bare) => (bare ? name : `model.${name}`), head: '' });
export const BESIDE_VISION = under('language_model');
const AS_TEXT_MODEL = under('text_model');
/** Other types keep the whole language model in one place, output layer included. */
const WHOLE_INSIDE: Wrapper = {
  base: (ownPath) => ['language_model', ownPath].filter(Boolean).join('.'),
  head: 'language_model',
};
const THINKER: Wrapper = { base: () => 'thinker.model', head: 'thinker' };

const MULTIMODAL: Readonly<Record<string, Multimodal>> = {
  llava: { textType: 'llama' },
  paligemma: { textType: 'gemma' },
  gemma3: { textType: 'gemma3_text' },
  llama4: { textType: 'llama4_text', wrapper: WHOLE_INSIDE },
  glm4v: { textType: 'glm4v_text' },
  qwen2_vl: { textType: 'qwen2_vl_text' },
  qwen2_5_vl: { textType: 'qwen2_5_vl_text' },
  qwen2_5_omni: { wrapper: THINKER },
  internvl_chat: { wrapper: WHOLE_INSIDE },
  idefics2: { wrapper: AS_TEXT_MODEL },
  idefics3: { wrapper: AS_TEXT_MODEL },
  smolvlm: { wrapper: AS_TEXT_MODEL },
};

/** Empty for a type that is not listed. */
export function multimodal(modelType: string): Multimodal {
  return Object.hasOwn(MULTIMODAL, modelType) ? (MULTIMODAL[modelType] ?? {}) : {};
}
