import { strict as assert } from 'node:assert';
import { collectParts } from '../../../../src/checkpoint/adapters/adapterParts';
import { restoredPath } from '../../../../src/checkpoint/adapters/kohyaNames';
import { placeModules } from '../../../../src/checkpoint/adapters/layerGroups';
import { pairLora } from '../../../../src/checkpoint/adapters/loraPairs';
import type { TensorEntry } from '../../../../src/checkpoint/header';
import { atOnce } from '../../../../src/checkpoint/steps';

describe('the grid of layers x modules', () => {
  it('groups modules by the part of the name after the layer', () => {
    const places = atOnce(
      placeModules(['model.layers.3.self_attn.q_proj', 'model.layers.11.self_attn.q_proj', 'lm_head', 'classifier.0']),
    );
    assert.deepEqual(
      places.map(({ layer, group }) => [layer, group]),
      [
        [3, 'self_attn.q_proj'],
        [11, 'self_attn.q_proj'],
        [null, 'lm_head'],
        [null, 'classifier.0'],
      ],
    );
  });

  it('distinguishes stacks whose layers have the same numbers', () => {
    const places = atOnce(
      placeModules([
        'model.encoder.layers.0.q_proj',
        'model.decoder.layers.0.q_proj',
        'decoder.block.0.layer.1.EncDec.q',
      ]),
    );
    assert.deepEqual(
      places.map(({ group }) => group),
      ['model.encoder.layers.q_proj', 'model.decoder.layers.q_proj', 'decoder.block.layer.1.EncDec.q'],
    );
    const whisper = atOnce(
      placeModules(['model.encoder.layers.0.self_attn.q_proj', 'model.decoder.layers.0.self_attn.q_proj']),
    );
    assert.deepEqual(
      whisper.map(({ group }) => group),
      ['encoder.self_attn.q_proj', 'decoder.self_attn.q_proj'],
    );
  });
});

describe('the blocks of a UNet', () => {
  const placed = (path: string) => atOnce(placeModules([path]))[0];

  it('have grids of their own, whose layers are the transformer blocks', () => {
    assert.deepEqual(placed('unet.input_blocks.4.1.transformer_blocks.7.attn1.to_q'), {
      layer: 7,
      group: 'attn1.to_q',
      block: 'unet.input_blocks.4.1',
    });
    assert.deepEqual(placed('unet.up_blocks.0.attentions.2.transformer_blocks.1.ff.net.0.proj'), {
      layer: 1,
      group: 'ff.net.0.proj',
      block: 'unet.up_blocks.0.attentions.2',
    });
    assert.deepEqual(placed('mid_block.attentions.0.proj_in'), {
      layer: null,
      group: 'proj_in',
      block: 'mid_block.attentions.0',
    });
    assert.deepEqual(placed('diffusion_model.middle_block.1.transformer_blocks.3.attn2.to_v'), {
      layer: 3,
      group: 'attn2.to_v',
      block: 'diffusion_model.middle_block.1',
    });
  });

  it('are not seen in the transformer blocks of other models', () => {
    assert.deepEqual(placed('transformer.single_transformer_blocks.12.attn.to_q'), { layer: 12, group: 'attn.to_q' });
  });
});

describe("kohya's names", () => {
  for (const [name, path] of [
    ['lora_te_text_model_encoder_layers_3_self_attn_k_proj', 'te.text_model.encoder.layers.3.self_attn.k_proj'],
    ['lora_te2_text_model_encoder_layers_31_mlp_fc1', 'te2.text_model.encoder.layers.31.mlp.fc1'],
    [
      'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_out_0',
      'unet.input_blocks.4.1.transformer_blocks.0.attn1.to_out.0',
    ],
    [
      'lora_unet_down_blocks_0_attentions_1_transformer_blocks_0_ff_net_0_proj',
      'unet.down_blocks.0.attentions.1.transformer_blocks.0.ff.net.0.proj',
    ],
    ['lora_unet_double_blocks_5_img_attn_qkv', 'unet.double_blocks.5.img_attn.qkv'],
    ['lycoris_middle_block_1_proj_in', 'middle_block.1.proj_in'],
    ['model.layers.0.self_attn.q_proj', 'model.layers.0.self_attn.q_proj'],
  ] as const) {
    it(`'${name}' is ${path}`, () => assert.equal(restoredPath(name), path));
  }

  it('are described with their paths, in the order of the layers', () => {
    const names = [10, 2].map((layer) => `lora_te_text_model_encoder_layers_${layer}_self_attn_q_proj`);
    const entry = (name: string, shape: readonly number[]): TensorEntry => {
      return { name, dtype: 'F32', shape, begin: 0, end: 0, readable: true };
    };
    const tensors = names.flatMap((name) => [
      entry(`${name}.lora_down.weight`, [4, 8]),
      entry(`${name}.lora_up.weight`, [8, 4]),
    ]);
    const { modules } = atOnce(pairLora(tensors, null, new Map(), atOnce(collectParts(tensors))));
    assert.deepEqual(
      modules.map(({ module, path, layer, group }) => [module, path, layer, group]),
      [
        [names[1], 'te.text_model.encoder.layers.2.self_attn.q_proj', 2, 'self_attn.q_proj'],
        [names[0], 'te.text_model.encoder.layers.10.self_attn.q_proj', 10, 'self_attn.q_proj'],
      ],
    );
  });
});
