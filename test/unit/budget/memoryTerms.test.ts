import { strict as assert } from 'node:assert';
import { estimateInferenceMemory } from '../../../src/budget/memory/inference';
import { prepareModel } from '../../../src/budget/memory/prepare';
import type { MemoryEstimate } from '../../../src/budget/memory/terms';
import { estimateTrainingMemory } from '../../../src/budget/memory/training';
import { quantizedBytes } from '../../../src/budget/memory/weightBytes';

const LLAMA_8B = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 128256,
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  hidden_act: 'silu',
  tie_word_embeddings: false,
};
const LORA = { peft_type: 'LORA', r: 16, target_modules: ['q_proj', 'v_proj'] };
const table = prepareModel(LLAMA_8B);

function bytesOf({ terms }: MemoryEstimate, id: string): number {
  return terms.find((term) => term.id === id)?.bytes ?? 0;
}

describe('the terms of a training step', () => {
  it('add up to the total, and each has a formula', () => {
    const estimate = estimateTrainingMemory(table, LORA, {});
    assert.equal(
      estimate.terms.reduce((sum, { bytes }) => sum + bytes, 0),
      estimate.totalBytes,
    );
    assert.equal(estimate.totalBytes, Math.max(...estimate.phases.map(({ bytes }) => bytes)));
    assert.equal(estimate.deviceBytes, estimate.totalBytes + estimate.contextBytes);
    for (const { formula } of estimate.terms) assert.match(formula, /\d/);
  });

  it('give the checkpoint sizes that bitsandbytes writes for Llama-3.1-8B', () => {
    // Public figures of the 4-bit checkpoint: 6,979,321,856 packed parameters and 1,050,939,392 in bfloat16.
    const packed = 6_979_321_856;
    const plain = 1_050_939_392;
    for (const [quantization, bits] of [
      ['nf4', 4.5],
      ['nf4-double', 4 + 8 / 64 + 32 / (64 * 256)],
    ] as const) {
      const weights = bytesOf(estimateTrainingMemory(table, LORA, { quantization }), 'weights');
      assert.ok(Math.abs(weights - (2 * plain + (packed * bits) / 8)) < 4096, quantization);
    }
    const int8 = bytesOf(estimateTrainingMemory(table, LORA, { quantization: 'int8' }), 'weights');
    assert.ok(int8 > 2 * plain + packed && int8 < 2 * plain + packed * 1.001);
    assert.equal(quantizedBytes('nf4-double', 64 * 256, 1), 8192 + 256 + 4);
  });

  it('give the 16 bytes per parameter of full fine-tuning in float32 with AdamW', () => {
    const setup = { precision: 'fp32', sequenceLength: 1, gradientAccumulation: 2 };
    const estimate = estimateTrainingMemory(table, null, setup);
    const states = ['weights', 'gradients', 'optimizer'].reduce((sum, id) => sum + bytesOf(estimate, id), 0);
    assert.equal(states, 16 * table.parameters);
    const eight = estimateTrainingMemory(table, null, { ...setup, optimizer: 'adamw-8bit' });
    assert.ok(Math.abs(bytesOf(eight, 'optimizer') / table.parameters - (2 + 8 / 256)) < 1e-6);
    assert.equal(bytesOf(estimateTrainingMemory(table, null, { ...setup, optimizer: 'sgd' }), 'optimizer'), 0);
  });

  it('are divided by stage as ZeRO divides them: 4 + 12/N, 2 + 14/N, 16/N bytes in mixed precision', () => {
    const at = (zeroStage: number): number[] => {
      const setup = { precision: 'bf16', zeroStage, gpus: 8, gradientAccumulation: 2, sequenceLength: 1 };
      const estimate = estimateTrainingMemory(table, null, setup);
      return ['weights', 'gradients', 'optimizer'].map((id) => bytesOf(estimate, id) / table.parameters);
    };
    const near = (got: readonly number[], wanted: readonly number[]): void =>
      got.forEach((value, index) => assert.ok(Math.abs(value - (wanted[index] ?? 0)) < 1e-6, `${got} ${wanted}`));
    near(at(0), [2, 2, 4]);
    near(at(1), [2, 2, 0.5]);
    near(at(2), [2, 0.25, 0.5]);
    near(at(3), [0.25, 0.25, 0.5]);
  });

  it('grow with rank, sequence and batch, and shrink with checkpointing, quantisation and 8-bit states', () => {
    const total = (setup: object, r = 16): number => estimateTrainingMemory(table, { ...LORA, r }, setup).totalBytes;
    const base = { sequenceLength: 1024, microBatch: 2 };
    assert.ok(total(base, 64) > total(base));
    assert.ok(total({ ...base, sequenceLength: 1025 }) > total(base));
    assert.ok(total({ ...base, microBatch: 3 }) > total(base));
    assert.ok(total({ ...base, gradientCheckpointing: true }) < total(base));
    assert.ok(total({ ...base, quantization: 'int8' }) < total(base));
    assert.ok(total({ ...base, quantization: 'nf4' }) < total({ ...base, quantization: 'int8' }));
    assert.ok(total({ ...base, quantization: 'nf4-double' }) < total({ ...base, quantization: 'nf4' }));
    assert.ok(total({ ...base, optimizer: 'adamw-8bit' }) < total(base));
    assert.ok(total({ ...base, attention: 'eager' }) > total(base));
    assert.ok(total({ ...base, attention: 'flash' }) < total(base));
  });

  it('count no activations in the layers below the first adapter', () => {
    const upper = { ...LORA, layers_to_transform: [30, 31] };
    const lower = { ...LORA, layers_to_transform: [0, 1] };
    const [above, below] = [upper, lower].map((adapter) => estimateTrainingMemory(table, adapter, {}));
    assert.ok(above && below && bytesOf(above, 'activations.mlp') < bytesOf(below, 'activations.mlp') / 10);
  });

  it('are the same from a prepared table as from the config', () => {
    assert.deepEqual(estimateTrainingMemory(table, LORA, {}), estimateTrainingMemory(LLAMA_8B, LORA, {}));
  });
});

describe('the memory of inference', () => {
  it('has the published cache size of Llama-3-8B: 128 KiB per token in bfloat16', () => {
    const estimate = estimateInferenceMemory(table, null, { contextLength: 8192, batch: 4 });
    assert.equal(bytesOf(estimate, 'cache'), 4 * 8192 * 131_072);
    assert.equal(
      bytesOf(estimateInferenceMemory(table, null, { contextLength: 8192, cacheDtype: 'fp8' }), 'cache'),
      8192 * 65_536,
    );
  });

  it('counts no more of the cache than a sliding window holds', () => {
    const mistral = { ...LLAMA_8B, model_type: 'mistral', architectures: ['MistralForCausalLM'], sliding_window: 4096 };
    const cache = (contextLength: number): number =>
      bytesOf(estimateInferenceMemory(mistral, null, { contextLength }), 'cache');
    assert.equal(cache(32_768), cache(4096));
    assert.ok(cache(4096) > cache(4095));
  });

  it('includes the adapter unless it is merged', () => {
    const apart = estimateInferenceMemory(table, LORA, {});
    const merged = estimateInferenceMemory(table, LORA, { merged: true });
    assert.equal(apart.totalBytes - merged.totalBytes, 4 * 16 * 32 * (4096 + 4096 + 4096 + 1024));
  });
});
