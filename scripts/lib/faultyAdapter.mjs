// Writes a small LoRA adapter with a fault of most kinds, for pictures and tests of the findings.
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

const LAYERS = 8;
const RANK = 8;
const WIDTH = 64;
const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
/** Rows of the head that is saved whole. */
const VOCABULARY = 96;

const CONFIG = {
  peft_type: 'LORA',
  base_model_name_or_path: 'example/base-8-layers',
  r: RANK,
  lora_alpha: 2 * RANK,
  target_modules: [...PROJECTIONS, 'gate_proj'],
  modules_to_save: ['lm_head'],
};

/** The path of a module in the base model. */
const modulePath = (layer, projection) => `model.layers.${layer}.self_attn.${projection}`;

/** Writes adapter_model.safetensors and adapter_config.json into the folder. */
export function writeFaultyAdapter(folder) {
  const random = uniform();
  const noise = (length, scale) => Float32Array.from({ length }, () => scale * (random() + random() - 1));
  const tensors = new Map();
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const projection of PROJECTIONS) {
      const name = `base_model.model.${modulePath(layer, projection)}`;
      tensors.set(`${name}.lora_A.weight`, { shape: [RANK, WIDTH], values: noise(RANK * WIDTH, 0.1) });
      tensors.set(`${name}.lora_B.weight`, { shape: [WIDTH, RANK], values: noise(WIDTH * RANK, 0.05) });
    }
  }
  tensors.set('base_model.model.lm_head.weight', {
    shape: [VOCABULARY, WIDTH],
    values: noise(VOCABULARY * WIDTH, 0.05),
  });
  addFaults(tensors);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'adapter_model.safetensors'), encode(tensors));
  writeFileSync(path.join(folder, 'adapter_config.json'), `${JSON.stringify(CONFIG, null, 2)}\n`);
}

function addFaults(tensors) {
  const factor = (layer, projection, half) =>
    tensors.get(`base_model.model.${modulePath(layer, projection)}.lora_${half}.weight`).values;
  factor(3, 'q_proj', 'A')[2 * WIDTH + 5] = NaN;
  for (const layer of [6, 7]) for (const projection of PROJECTIONS) factor(layer, projection, 'B').fill(0);
  for (const half of ['A', 'B']) factor(2, 'v_proj', half).set(factor(1, 'v_proj', half));
  const large = factor(4, 'o_proj', 'B');
  for (let i = 0; i < large.length; i++) large[i] *= 40;
  const unused = factor(1, 'k_proj', 'B');
  for (let i = 0; i < unused.length; i++) if (i % RANK >= RANK / 4) unused[i] = 0;
  tensors.delete(`base_model.model.${modulePath(5, 'k_proj')}.lora_B.weight`);
}

/** Values in [0, 1), the same in every run. */
function uniform() {
  let state = 20240229;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function encode(tensors) {
  let offset = 0;
  const header = {};
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...[...tensors.values()].map(({ values }) => Buffer.from(values.buffer))]);
}
