/** Decoders whose code comes with their weights. Their module names follow no library's conventions. */

import type { ModelShape } from '../modelShape';
import { MAX_VOCABULARY, MAX_WIDTH, readCount } from '../../peftConfig/configValues';
import type { Head, HeadKind } from '../head';
import type { Row, Section } from '../rows';
import { embedding, layerNorm, linear, linears, norm, tied } from '../rows';
import type { Architecture } from './architecture';
import { architecture, decoderHead, intermediate, layers, on, size, vocabulary } from './architecture';

const UNTIED = { tie_word_embeddings: false };

const internlm2 = architecture({
  modelTypes: ['internlm2'],
  defaults: { ...UNTIED, num_key_value_heads: null },
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, queryWidth: q, keyValueWidth: kv } = shape;
    const f = intermediate(shape);
    const bias = on(shape, 'bias');
    return [
      { path: '', rows: [embedding('tok_embeddings', vocabulary(shape), h), norm('norm', h)] },
      layers('layers', shape, [
        linear('attention.wqkv', h, q + 2 * kv, bias),
        linear('attention.wo', q, h, bias),
        ...linears(['feed_forward.w1', 'feed_forward.w3'], h, f),
        linear('feed_forward.w2', f, h),
        norm('attention_norm', h),
        norm('ffn_norm', h),
      ]),
    ];
  },
  head: decoderHead({ name: 'output' }),
});

const baichuan = architecture({
  modelTypes: ['baichuan'],
  defaults: UNTIED,
  baseModel: 'model',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h } = shape;
    const f = intermediate(shape);
    return [
      { path: '', rows: [embedding('embed_tokens', vocabulary(shape), h), norm('norm', h)] },
      layers('layers', shape, [
        linear('self_attn.W_pack', h, 3 * h),
        linear('self_attn.o_proj', h, h),
        ...linears(['mlp.gate_proj', 'mlp.up_proj'], h, f),
        linear('mlp.down_proj', f, h),
        norm('input_layernorm', h),
        norm('post_attention_layernorm', h),
      ]),
    ];
  },
  head: decoderHead(),
});

/** The first Qwen. Its config's intermediate size covers gate and up together. */
const qwen = architecture({
  modelTypes: ['qwen'],
  defaults: { ...UNTIED, no_bias: true },
  targets: () => ['c_attn', 'attn.c_proj', 'w1', 'w2', 'mlp.c_proj'],
  baseModel: 'transformer',
  usualHead: 'languageModel',
  sections: (shape) => {
    const { hiddenSize: h, config, numHeads } = shape;
    const f = Math.floor(intermediate(shape) / 2);
    const attention = numHeads * (readCount(config, ['kv_channels'], MAX_WIDTH) ?? Math.floor(h / numHeads));
    const bias = !on(shape, 'no_bias');
    return [
      { path: '', rows: [embedding('wte', vocabulary(shape), h), norm('ln_f', h)] },
      layers('h', shape, [
        norm('ln_1', h),
        linear('attn.c_attn', h, 3 * attention, true),
        linear('attn.c_proj', h, attention, bias),
        norm('ln_2', h),
        ...linears(['mlp.w1', 'mlp.w2'], h, f, bias),
        linear('mlp.c_proj', f, h, bias),
      ]),
    ];
  },
  head: decoderHead(),
});

/** ChatGLM-6B has plain MLPs and the key `inner_hidden_size`. ChatGLM2, 3 and GLM-4 have gated MLPs. */
const isFirstChatGlm = ({ config }: ModelShape): boolean => typeof config['inner_hidden_size'] === 'number';

function chatGlmVocabulary(shape: ModelShape): number {
  return readCount(shape.config, ['padded_vocab_size'], MAX_VOCABULARY) ?? vocabulary(shape);
}

function firstChatGlm(shape: ModelShape): Section[] {
  const { hiddenSize: h } = shape;
  const inner = size(shape, 'inner_hidden_size');
  return [
    { path: '', rows: [embedding('word_embeddings', vocabulary(shape), h), layerNorm('final_layernorm', h)] },
    layers('layers', shape, [
      layerNorm('input_layernorm', h),
      linear('attention.query_key_value', h, 3 * h, true),
      linear('attention.dense', h, h, true),
      layerNorm('post_attention_layernorm', h),
      linear('mlp.dense_h_to_4h', h, inner, true),
      linear('mlp.dense_4h_to_h', inner, h, true),
    ]),
  ];
}

function laterChatGlm(shape: ModelShape, head: HeadKind): Section[] {
  const { hiddenSize: h, config, numHeads } = shape;
  const channels = size(shape, 'kv_channels');
  const groups = on(shape, 'multi_query_attention') ? size(shape, 'multi_query_group_num') : numHeads;
  const projection = channels * numHeads;
  const bias = on(shape, 'add_bias_linear');
  const f = size(shape, 'ffn_hidden_size');
  const plain = config['rmsnorm'] === false;
  const outside: Row[] = [embedding('embedding.word_embeddings', chatGlmVocabulary(shape), h)];
  if (config['post_layer_norm'] !== false) outside.push(norm('encoder.final_layernorm', h, plain));
  // The language model class keeps its output layer inside the bare model.
  if (head !== 'sequenceClassification') outside.push(linear('output_layer', h, chatGlmVocabulary(shape), bias));
  return [
    { path: '', rows: outside },
    layers('encoder.layers', shape, [
      norm('input_layernorm', h, plain),
      linear(
        'self_attention.query_key_value',
        h,
        projection + 2 * channels * groups,
        bias || on(shape, 'add_qkv_bias'),
      ),
      linear('self_attention.dense', projection, h, bias),
      norm('post_attention_layernorm', h, plain),
      linear('mlp.dense_h_to_4h', h, 2 * f, bias),
      linear('mlp.dense_4h_to_h', f, h, bias),
    ]),
  ];
}

const chatglm = architecture({
  modelTypes: ['chatglm'],
  peftTargets: { LORA: 'query_key_value' },
  defaults: { kv_channels: 128, ffn_hidden_size: 13696, multi_query_group_num: 1 },
  baseModel: 'transformer',
  alwaysWrapped: true,
  usualHead: 'languageModel',
  sections: (shape, head) => (isFirstChatGlm(shape) ? firstChatGlm(shape) : laterChatGlm(shape, head)),
  head: (shape, kind): Head | null => {
    const first = isFirstChatGlm(shape);
    // The config names the bare class, but loading it gives the language model.
    if (kind === 'languageModel' || kind === 'none') {
      const rows = first ? [tied(linear('lm_head', shape.hiddenSize, vocabulary(shape)))] : [];
      return { rows, outputEmbedding: first ? 'lm_head' : 'transformer.output_layer', taskHeads: [] };
    }
    return decoderHead()(shape, kind);
  },
});

export const REMOTE_FAMILY: readonly Architecture[] = [internlm2, baichuan, qwen, chatglm];
