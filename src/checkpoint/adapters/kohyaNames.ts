/**
 * Restores the module paths of kohya's names, which have '_' in the place of '.':
 * 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q' is
 * 'unet.input_blocks.4.1.transformer_blocks.0.attn1.to_q'.
 */

/** Prefixes of kohya's sd-scripts and LyCORIS, before the name of the network. */
const PREFIX = /^(?:lora|lycoris)_(?=[a-z])/;
/** Segments hold up to this many words: 'single_transformer_blocks', 'self_attn_layer_norm'. */
const MOST_WORDS = 4;

/**
 * Names of modules that hold underscores: UNets and transformers of CompVis, diffusers and Black Forest Labs, text
 * encoders of transformers, and layers of language models.
 */
const SEGMENTS: ReadonlySet<string> = new Set(
  `
  input_blocks middle_block output_blocks down_blocks mid_block up_blocks in_layers out_layers emb_layers
  skip_connection time_embed label_emb time_embedding add_embedding linear_1 linear_2 conv_in conv_out conv_shortcut
  conv_norm_out time_emb_proj proj_in proj_out transformer_blocks single_transformer_blocks joint_blocks x_block
  context_block to_q to_k to_v to_out to_qkv to_add_out add_q_proj add_k_proj add_v_proj ff_context norm1_context
  x_embedder context_embedder time_text_embed timestep_embedder text_embedder guidance_embedder pos_embed norm_out
  double_blocks single_blocks img_attn txt_attn img_mlp txt_mlp img_mod txt_mod img_in txt_in time_in vector_in
  guidance_in final_layer in_layer out_layer double_stream_modulation_img double_stream_modulation_txt
  single_stream_modulation time_in_embed linear_1 linear_2 linear1_qkv adaLN_modulation noise_refiner context_refiner
  cap_embedder cross_attn self_attn attn_qkv feed_forward ffn_0 t_embedder y_embedder final_linear
  text_model text_projection token_embedding position_embedding final_layer_norm layer_norm layer_norm1 layer_norm2
  self_attn_layer_norm encoder_attn encoder_attn_layer_norm q_proj k_proj v_proj o_proj out_proj qkv_proj gate_proj
  up_proj down_proj gate_up_proj in_proj_weight c_attn c_proj c_fc shared_transformer lm_head embed_tokens
  input_layernorm post_attention_layernorm wi_0 wi_1 wo_0 SelfAttention DenseReluDense vision_model visual_projection
  `
    .trim()
    .split(/\s+/)
    .filter((segment) => segment.includes('_')),
);

/** The path, or the name itself if it is not one of kohya's. An unknown word becomes a segment of its own. */
export function restoredPath(module: string): string {
  if (!PREFIX.test(module)) return module;
  const [flat = '', ...suffix] = module.replace(PREFIX, '').split(/(?=[.[ ])/);
  const words = flat.split('_');
  const segments: string[] = [];
  for (let at = 0; at < words.length;) {
    const count = longestSegment(words, at);
    segments.push(words.slice(at, at + count).join('_'));
    at += count;
  }
  return segments.join('.') + suffix.join('');
}

/** The number of words at `at` that form one known segment; 1 if none do. */
function longestSegment(words: readonly string[], at: number): number {
  for (let count = MOST_WORDS; count > 1; count--) {
    if (at + count <= words.length && SEGMENTS.has(words.slice(at, at + count).join('_'))) return count;
  }
  return 1;
}
