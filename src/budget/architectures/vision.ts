/** Image encoders, alone or paired with text: ViT, CLIP and SigLIP. */

import type { RawConfig } from '../../peftConfig/configValues';
import { isObject, MAX_WIDTH, readCount } from '../../peftConfig/configValues';
import type { Head, HeadKind } from '../head';
import { NO_HEAD } from '../head';
import type { ModelShape } from '../modelShape';
import { partShape } from '../partShape';
import type { Row, Section } from '../rows';
import { bare, conv, embedding, layerNorm, linear, linears, multihead } from '../rows';
import type { Architecture } from './architecture';
import { architecture, intermediateOrFourfold, labels, layers, on, size, vocabulary } from './architecture';
import { sizes } from './modelFacts';

const IMAGE = { image_size: 224, patch_size: 16, num_channels: 3 };

function patches(shape: ModelShape): number {
  return Math.floor(size(shape, 'image_size') / size(shape, 'patch_size')) ** 2;
}

function patchKernel(shape: ModelShape): number[] {
  return [size(shape, 'patch_size'), size(shape, 'patch_size')];
}

/** The names are those of transformers 5: q_proj, k_proj, v_proj, o_proj. Version 4 has `attention.attention.query`. */
const vit = architecture({
  modelTypes: ['vit'],
  forward: { rotary: false },
  versionNote: () =>
    'Modules have the names of transformers 5: q_proj, k_proj, v_proj; version 4 has query, key, value.',
  defaults: { ...IMAGE, qkv_bias: true },
  baseModel: 'vit',
  usualHead: 'imageClassification',
  sections: (shape, head) => {
    const { hiddenSize: h } = shape;
    const f = intermediateOrFourfold(shape);
    const bias = on(shape, 'qkv_bias');
    const pooler = readCount(shape.config, ['pooler_output_size'], MAX_WIDTH) ?? h;
    return [
      {
        path: '',
        rows: [
          bare(
            'embeddings',
            ['cls_token', [1, 1, h]],
            ...(head === 'other' ? [['mask_token', [1, 1, h]] as const] : []),
            ['position_embeddings', [1, patches(shape) + 1, h]],
          ),
          conv('embeddings.patch_embeddings.projection', size(shape, 'num_channels'), h, patchKernel(shape)),
          layerNorm('layernorm', h),
          ...(head === 'none' ? [linear('pooler.dense', h, pooler, true)] : []),
        ],
      },
      layers('layers', shape, [
        ...linears(
          ['q_proj', 'k_proj', 'v_proj'].map((name) => `attention.${name}`),
          h,
          h,
          bias,
        ),
        linear('attention.o_proj', h, h, true),
        layerNorm('layernorm_before', h),
        layerNorm('layernorm_after', h),
        linear('mlp.fc1', h, f, true),
        linear('mlp.fc2', f, h, true),
      ]),
    ];
  },
  head: (shape, kind): Head | null => {
    const { hiddenSize: h } = shape;
    if (kind === 'none') return NO_HEAD;
    if (kind === 'imageClassification') {
      return { rows: [linear('classifier', h, labels(shape), true)], outputEmbedding: null, taskHeads: [] };
    }
    if (!shape.className?.endsWith('ForMaskedImageModeling')) return null;
    const stride = readCount(shape.config, ['encoder_stride'], MAX_WIDTH) ?? 16;
    const pixels = stride ** 2 * size(shape, 'num_channels');
    return { rows: [conv('decoder.0', h, pixels, [1, 1])], outputEmbedding: null, taskHeads: [] };
  },
});

function blocks(shape: ModelShape): Section {
  const { hiddenSize: h } = shape;
  const f = intermediateOrFourfold(shape);
  return layers('encoder.layers', shape, [
    layerNorm('layer_norm1', h),
    ...linears(
      ['k_proj', 'v_proj', 'q_proj', 'out_proj'].map((name) => `self_attn.${name}`),
      h,
      h,
      true,
    ),
    layerNorm('layer_norm2', h),
    linear('mlp.fc1', h, f, true),
    linear('mlp.fc2', f, h, true),
  ]);
}

/** The sections of the two towers. SigLIP's text tower may end in a projection, its image tower in a pooling head. */
function textTower(shape: ModelShape, siglip: boolean): Section[] {
  const { hiddenSize: h } = shape;
  const width = readCount(shape.config, ['projection_size'], MAX_WIDTH) ?? h;
  return [
    {
      path: '',
      rows: [
        embedding('embeddings.token_embedding', vocabulary(shape), h),
        embedding('embeddings.position_embedding', size(shape, 'max_position_embeddings'), h),
        layerNorm('final_layer_norm', h),
        ...(siglip ? [linear('head', h, width, true)] : []),
      ],
    },
    blocks(shape),
  ];
}

function imageTower(shape: ModelShape, siglip: boolean): Section[] {
  const { hiddenSize: h } = shape;
  const patch = conv('embeddings.patch_embedding', size(shape, 'num_channels'), h, patchKernel(shape), siglip);
  const rows = siglip
    ? [
        patch,
        embedding('embeddings.position_embedding', patches(shape), h),
        layerNorm('post_layernorm', h),
        ...pooling(shape),
      ]
    : [
        bare('embeddings', ['class_embedding', [h]]),
        patch,
        embedding('embeddings.position_embedding', patches(shape) + 1, h),
        layerNorm('pre_layrnorm', h),
        layerNorm('post_layernorm', h),
      ];
  return [{ path: '', rows }, blocks(shape)];
}

/** SigLIP pools with an attention whose query is a learned probe. */
function pooling(shape: ModelShape): Row[] {
  const { hiddenSize: h, config } = shape;
  if (config['vision_use_head'] === false) return [];
  const f = intermediateOrFourfold(shape);
  return [
    bare('head', ['probe', [1, 1, h]]),
    multihead('head.attention', h),
    linear('head.attention.out_proj', h, h, true),
    layerNorm('head.layernorm', h),
    linear('head.mlp.fc1', h, f, true),
    linear('head.mlp.fc2', f, h, true),
  ];
}

const CLIP_TEXT = { max_position_embeddings: 77, vocab_size: 49408, projection_dim: 512 };
const CLIP_IMAGE = { ...IMAGE, patch_size: 32, projection_dim: 512 };
const SIGLIP_TEXT = { max_position_embeddings: 64, vocab_size: 32000 };
const CLIP_SIZES = { hidden_size: 512, intermediate_size: 2048, num_hidden_layers: 12, num_attention_heads: 8 };
const BASE_SIZES = { hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 };

function tower(modelTypes: readonly string[], defaults: RawConfig, siglip: boolean, image: boolean): Architecture {
  return architecture({
    modelTypes,
    defaults,
    baseModel: image ? 'vision_model' : 'text_model',
    usualHead: 'none',
    sections: (shape) => (image ? imageTower(shape, siglip) : textTower(shape, siglip)),
    head: (shape, kind) => {
      if (kind === 'none') return NO_HEAD;
      if (kind !== 'projection') return null;
      const projection = linear(
        image ? 'visual_projection' : 'text_projection',
        shape.hiddenSize,
        size(shape, 'projection_dim'),
      );
      return { rows: [projection], outputEmbedding: null, taskHeads: [] };
    },
  });
}

const TOWERS = {
  clip: {
    text: tower(['clip_text_model'], CLIP_TEXT, false, false),
    image: tower(['clip_vision_model'], CLIP_IMAGE, false, true),
    textSizes: CLIP_SIZES,
  },
  siglip: {
    text: tower(['siglip_text_model'], SIGLIP_TEXT, true, false),
    image: tower(['siglip_vision_model'], IMAGE, true, true),
    textSizes: BASE_SIZES,
  },
};

/** The shape of one tower, from its part of the pair's config. `usual` holds the sizes of its config class. */
function towerShape({ whole }: ModelShape, key: string, table: Architecture, usual: RawConfig): ModelShape {
  const config = whole[key];
  const part = { ...usual, ...(isObject(config) ? config : {}) };
  return partShape({ part, modelType: table.modelTypes[0] ?? '', wrapper: null, whole: part, facts: table });
}

function pair(name: 'clip' | 'siglip'): Architecture {
  const siglip = name === 'siglip';
  const towers = TOWERS[name];
  const text = (shape: ModelShape): ModelShape => towerShape(shape, 'text_config', towers.text, towers.textSizes);
  const image = (shape: ModelShape): ModelShape => towerShape(shape, 'vision_config', towers.image, BASE_SIZES);
  const under = (path: string, sections: Section[]): Section[] =>
    sections.map((section) => ({ ...section, path: section.path ? `${path}.${section.path}` : path }));
  const onlyImage = (head: HeadKind): boolean => head === 'imageClassification';
  return architecture({
    modelTypes: [name],
    classSizes: siglip ? sizes(768, 3072, 12, 12, 32000) : sizes(512, 2048, 12, 8, 49408),
    forward: { rotary: false },
    composite: true,
    defaults: siglip ? {} : { projection_dim: 512 },
    baseModel: '',
    usualHead: 'none',
    sections: (shape, head) => [
      ...(onlyImage(head) ? [] : under('text_model', textTower(text(shape), siglip))),
      ...under('vision_model', imageTower(image(shape), siglip)),
    ],
    head: (shape, kind) => {
      const rows: Row[] = [];
      if (onlyImage(kind)) rows.push(linear('classifier', image(shape).hiddenSize, labels(shape), true));
      else if (kind !== 'none') return null;
      else if (siglip) rows.push(bare('', ['logit_scale', [1]], ['logit_bias', [1]]));
      else {
        const width = readCount(shape.whole, ['projection_dim'], MAX_WIDTH) ?? size(shape, 'projection_dim');
        rows.push(
          bare('', ['logit_scale', []]),
          linear('visual_projection', image(shape).hiddenSize, width),
          linear('text_projection', text(shape).hiddenSize, width),
        );
      }
      return { rows, outputEmbedding: null, taskHeads: [] };
    },
  });
}

export const VISION_FAMILY: readonly Architecture[] = [
  vit,
  TOWERS.clip.text,
  TOWERS.clip.image,
  TOWERS.siglip.text,
  TOWERS.siglip.image,
  pair('clip'),
  pair('siglip'),
];
