import { strict as assert } from 'node:assert';
import { logicalParameters } from '../../../src/checkpoint/packedParameters';
import { packedWeights } from '../../../src/checkpoint/packedWeights';

type Stored = Readonly<Record<string, readonly [string, ...number[]]>>;

/** [weight, shape] of each packed weight, and the parameters of all tensors. */
function read(stored: Stored, quantization: Readonly<Record<string, unknown>> | null = null) {
  const tensors = Object.entries(stored).map(([name, [dtype, ...shape]]) => ({ name, dtype, shape }));
  const packed = packedWeights(tensors, quantization);
  const weights = [...packed.weights.values()].map(({ name, shape }) => [name, shape]);
  return { weights, parameters: logicalParameters(tensors, packed) };
}

describe('the weights of a quantised checkpoint', () => {
  const [out, inside] = [96, 128];
  const logical = { weights: [['q.weight', [out, inside]]], parameters: out * inside + out };
  const bias: Stored = { 'q.bias': ['F16', out] };

  it('are unpacked by the scales and zero points of GPTQ and AWQ, without a config', () => {
    const gptq = { 'q.qzeros': ['I32', 2, 12], 'q.scales': ['F16', 2, out], 'q.g_idx': ['I32', inside] } as const;
    assert.deepEqual(read({ 'q.qweight': ['I32', 16, out], ...gptq, ...bias }), logical);
    const eight = { ...gptq, 'q.qzeros': ['I32', 2, 24] } as const;
    assert.deepEqual(read({ 'q.qweight': ['I32', 32, out], ...eight, ...bias }), logical);
    const awq = { 'q.qzeros': ['I32', 2, 12], 'q.scales': ['F16', 2, out] } as const;
    assert.deepEqual(read({ 'q.qweight': ['I32', inside, 12], ...awq, ...bias }), logical);
  });

  it('have three bits for GPTQ if the zero points have', () => {
    const stored: Stored = {
      'q.qweight': ['I32', 12, out],
      'q.qzeros': ['I32', 2, 9],
      'q.scales': ['F16', 2, out],
      ...bias,
    };
    assert.deepEqual(read(stored), logical);
  });

  it('are unpacked by the bits of compressed-tensors, and as pairs for NVFP4', () => {
    const config = { config_groups: { group_0: { weights: { num_bits: 8 } } } };
    const rest = { 'q.weight_scale': ['BF16', out, 1], 'q.weight_shape': ['I64', 2] } as const;
    assert.deepEqual(read({ 'q.weight_packed': ['I32', out, 32], ...rest, ...bias }, config), logical);
    assert.deepEqual(read({ 'q.weight_packed': ['I32', out, 16], ...rest, ...bias }), logical);
    const nv = { 'q.weight_scale': ['F8_E4M3', out, 8], 'q.weight_global_scale': ['F32', 1] } as const;
    assert.deepEqual(read({ 'q.weight_packed': ['U8', out, 64], ...nv, ...bias }), logical);
    const modelOpt = { 'q.weight_scale': ['F8_E4M3', out, 8], 'q.weight_scale_2': ['F32'] } as const;
    assert.deepEqual(read({ 'q.weight': ['U8', out, 64], ...modelOpt, ...bias }), logical);
  });

  it('are two to a byte for bitsandbytes, whose header does not give their shape, and as stored with 8 bits', () => {
    const four: Stored = {
      'q.weight': ['U8', (out * inside) / 2, 1],
      'q.weight.absmax': ['U8', 192],
      'q.weight.quant_map': ['F32', 16],
      'q.weight.nested_absmax': ['F32', 1],
      'q.weight.nested_quant_map': ['F32', 256],
      'q.weight.quant_state.bitsandbytes__nf4': ['U8', 80],
      ...bias,
    };
    assert.deepEqual(read(four), { ...logical, weights: [['q.weight', null]] });
    const eight: Stored = {
      'q.weight': ['I8', out, inside],
      'q.SCB': ['F32', out],
      'q.weight_format': ['U8'],
      ...bias,
    };
    assert.deepEqual(read(eight), logical);
  });

  it('are as stored for FP8, without their scales', () => {
    for (const scale of ['weight_scale', 'weight_scale_inv'])
      assert.deepEqual(read({ 'q.weight': ['F8_E4M3', out, inside], [`q.${scale}`]: ['F32', 1, 1], ...bias }), logical);
  });

  it('are blocks of 32 for MXFP4', () => {
    const stored: Stored = { 'experts.up_blocks': ['U8', 4, out, 4, 16], 'experts.up_scales': ['U8', 4, out, 4] };
    assert.deepEqual(read(stored), { weights: [['experts.up', [4, inside, out]]], parameters: 4 * out * inside });
  });

  it("are words of MLX, by the config's bits for the module, or by groups of 64", () => {
    const rest = { 'q.scales': ['BF16', out, 2], 'q.biases': ['BF16', out, 2] } as const;
    assert.deepEqual(read({ 'q.weight': ['U32', out, 16], ...rest, ...bias }), logical);
    const mixed = { bits: 4, group_size: 64, q: { bits: 8, group_size: 64 } };
    assert.deepEqual(read({ 'q.weight': ['U32', out, 32], ...rest, ...bias }, mixed), logical);
  });

  it("are counted by the config's bits for HQQ", () => {
    const stored: Stored = { 'q.W_q': ['U8', 96, 64], 'q.scale': ['F16', 192, 1], 'q.zero': ['F16', 192, 1], ...bias };
    assert.equal(read(stored, { quant_config: { weight_quant_params: { nbits: 4 } } }).parameters, logical.parameters);
  });

  it('are two to a byte for bitsandbytes in any type of storage', () => {
    const rest: Stored = { 'q.weight.absmax': ['F32', 192], 'q.weight.quant_map': ['F32', 16], ...bias };
    const stored: Stored = { 'q.weight': ['BF16', (out * inside) / 4, 1], ...rest };
    assert.deepEqual(read(stored), { ...logical, weights: [['q.weight', null]] });
  });

  it('have the bits of the group of compressed-tensors that names the module, by its end or by a pattern', () => {
    const weights = (num_bits: number, targets: readonly string[]) => ({ targets, weights: { num_bits } });
    const rest = { 'model.q.weight_scale': ['BF16', out, 1], ...bias } as const;
    for (const target of ['q', 're:.*q$', 'model.q']) {
      const config = { config_groups: { group_0: weights(4, ['Linear']), group_1: weights(8, [target]) } };
      const { weights: found } = read({ 'model.q.weight_packed': ['I32', out, 32], ...rest }, config);
      assert.deepEqual(found, [['model.q.weight', [out, inside]]], target);
    }
  });

  it('are four rows to a byte for BitNet, and as stored for EETQ and for 8 bits of quanto', () => {
    const bitnet: Stored = { 'q.weight': ['U8', out / 4, inside], 'q.weight_scale': ['BF16', 1], ...bias };
    assert.deepEqual(read(bitnet), logical);
    const eetq: Stored = { 'q.weight': ['I8', out, inside], 'q.weight_scales': ['F16', out], ...bias };
    assert.deepEqual(read(eetq), logical);
    const quanto: Stored = {
      'q.weight._data': ['I8', out, inside],
      'q.weight._scale': ['BF16', out, 1],
      'q.input_scale': ['BF16'],
      ...bias,
    };
    assert.deepEqual(read(quanto), logical);
    const four: Stored = { 'q.weight._data': ['U8', out, 64], 'q.weight._scale': ['BF16', out, 1], ...bias };
    assert.deepEqual(read(four, { quant_method: 'quanto', weights: 'int4' }).parameters, logical.parameters);
  });

  it('are none in a plain checkpoint', () => {
    assert.deepEqual(read({ 'q.weight': ['BF16', out, inside], ...bias }), {
      weights: [],
      parameters: logical.parameters,
    });
  });
});
