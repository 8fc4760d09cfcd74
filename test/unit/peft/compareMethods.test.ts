import { strict as assert } from 'node:assert';
import { comparePeftMethods } from '../../../src/peft/compareMethods';
import { ArgumentError } from '../../../src/tensor/errors';

describe('comparison of methods', () => {
  it('defaults to the sizes of a 7B model', () => {
    const model = { dModel: 4096, numLayers: 32, numHeads: 32 };
    const methods = { loraRank: 8, adapterBottleneck: 64, prefixLength: 10, promptLength: 20 };
    assert.deepEqual(comparePeftMethods(), comparePeftMethods({ ...model, ...methods }));
    assert.deepEqual(comparePeftMethods().lora, { params: 4_194_304, ratio: 0.001953125 });
  });

  it('rounds the head width down if the heads do not divide the model width', () => {
    const { prefix } = comparePeftMethods({ dModel: 100, numHeads: 8, numLayers: 1, prefixLength: 1 });
    assert.equal(prefix.params, 2 * 8 * 12);
    assert.equal(comparePeftMethods({ dModel: 4, numHeads: 8 }).prefix.params, 0);
  });

  it('refuses sizes that are not positive integers and names them', () => {
    for (const value of [0, -8, 1.5, NaN, Infinity, 2 ** 53]) {
      assert.throws(
        () => comparePeftMethods({ loraRank: value }),
        (error: ArgumentError) => {
          return error instanceof ArgumentError && error.where.includes('loraRank') && error.got === String(value);
        },
      );
    }
  });

  it('refuses counts that a double cannot hold exactly instead of rounding them', () => {
    assert.throws(
      () => comparePeftMethods({ dModel: 2 ** 26 }),
      (error: Error) => {
        return error instanceof ArgumentError && error.message.includes('params of full');
      },
    );
  });
});
