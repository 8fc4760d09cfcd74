/** The config.json of the bench's language models, without the sizes that vary. */

export const LANGUAGE_MODEL = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 88,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  hidden_act: 'silu',
  max_position_embeddings: 64,
} as const;
