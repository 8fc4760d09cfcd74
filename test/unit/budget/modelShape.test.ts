import { strict as assert } from 'node:assert';
import { ConfigError } from '../../../src/peftConfig/errors';
import { readModelShape } from '../../../src/budget/readModelShape';

const LLAMA = {
  model_type: 'llama',
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 96,
  vocab_size: 128,
};

const fails = (config: unknown, key: string, message: RegExp): void => {
  assert.throws(
    () => readModelShape(config),
    (error) => error instanceof ConfigError && error.key === key && message.test(error.message),
  );
};

describe('model shape', () => {
  it('reads the same sizes under the names of every family', () => {
    const sizes = (config: object): unknown => {
      const { hiddenSize, numLayers, numHeads, intermediateSize } = readModelShape(config);
      return [hiddenSize, numLayers, numHeads, intermediateSize];
    };
    assert.deepEqual(sizes({ n_embd: 8, n_layer: 3, n_head: 2, n_inner: 32 }), [8, 3, 2, 32]);
    assert.deepEqual(sizes({ d_model: 8, num_layers: 3, num_heads: 2, d_ff: 32 }), [8, 3, 2, 32]);
    assert.deepEqual(
      sizes({ hidden_size: 8, num_hidden_layers: 3, num_attention_heads: 2, ffn_dim: 32 }),
      [8, 3, 2, 32],
    );
  });

  it('takes the head dimension from the config, else divides the hidden size by the heads', () => {
    assert.equal(readModelShape(LLAMA).headDim, 16);
    assert.equal(readModelShape({ ...LLAMA, head_dim: 32 }).queryWidth, 128);
    assert.equal(readModelShape({ ...LLAMA, head_dim: null }).headDim, 16);
  });

  it('narrows keys, values and prefixes to the key-value heads', () => {
    const shape = readModelShape({ ...LLAMA, num_key_value_heads: 2 });
    assert.equal(shape.keyValueWidth, 32);
    assert.equal(shape.prefixWidth, 32);
  });

  it('reads the language model of a multimodal config', () => {
    const shape = readModelShape({
      model_type: 'gemma3',
      architectures: ['Gemma3ForConditionalGeneration'],
      text_config: { ...LLAMA, model_type: 'gemma3_text' },
    });
    assert.equal(shape.modelType, 'gemma3_text');
    assert.equal(shape.textPartOnly, true);
    assert.equal(shape.headDim, 256);
  });

  it('refuses a value with a message that names the key, the value and what was expected', () => {
    fails({ ...LLAMA, hidden_size: '64' }, 'hidden_size', /got "64", expected a whole number from 1/);
    fails(
      { ...LLAMA, hidden_size: undefined },
      'hidden_size',
      /got nothing, expected .* \(or n_embd, d_model, n_embed, dim\)/,
    );
    fails({ ...LLAMA, num_hidden_layers: 2.5 }, 'num_hidden_layers', /got 2.5/);
    fails({ ...LLAMA, num_attention_heads: 0 }, 'num_attention_heads', /got 0/);
    fails([1, 2], '(the file)', /got a list, expected a JSON object/);
  });

  it('refuses sizes beyond exact integers and absurd numbers of layers', () => {
    fails({ ...LLAMA, num_hidden_layers: 1e9 }, 'num_hidden_layers', /from 1 to 1024/);
    fails({ ...LLAMA, hidden_size: 1e300 }, 'hidden_size', /from 1 to/);
    fails({ ...LLAMA, head_dim: 1 << 19 }, 'head_dim', /at most/);
  });

  it('shortens the values that it quotes from a hostile config', () => {
    assert.throws(
      () => readModelShape({ ...LLAMA, hidden_size: 'x'.repeat(100_000) }),
      (error) => error instanceof Error && error.message.length < 200,
    );
  });

  it('does not read inherited properties as keys', () => {
    const hostile = JSON.parse(
      '{"__proto__": {"hidden_size": 8}, "num_hidden_layers": 2, "num_attention_heads": 2}',
    ) as unknown;
    fails(hostile, 'hidden_size', /got nothing/);
  });
});
