import { strict as assert } from 'node:assert';
import { addRow, addScaled, scale } from '../../../src/tensor/elementwise';
import { ArgumentError, ShapeError } from '../../../src/tensor/errors';
import { seededRandom } from '../../../src/tensor/random';
import { flattenTokens, formatShape, Tensor } from '../../../src/tensor/tensor';

describe('Tensor', () => {
  it('holds a row-major copy of the values as float32', () => {
    const values = [1, 2, 3, 4, 5, 6.1];
    const tensor = Tensor.fromArray(values, [2, 3]);
    values[0] = 9;
    assert.deepEqual(tensor.data, Float32Array.of(1, 2, 3, 4, 5, 6.1));
    assert.deepEqual([...tensor.shape], [2, 3]);
    assert.equal(tensor.at(1, 0), 4);
    assert.equal(tensor.rank, 2);
    const source = Float32Array.of(1);
    Tensor.fromArray(source, [1]).data[0] = 5;
    assert.equal(source[0], 1);
  });

  it('supports scalars and empty tensors', () => {
    assert.equal(Tensor.fromArray([3], []).at(), 3);
    assert.equal(Tensor.zeros([2, 0]).size, 0);
  });

  it('keeps its shape if the array of sizes changes later', () => {
    const shape = [2, 2];
    const tensor = Tensor.zeros(shape);
    shape[0] = 7;
    assert.deepEqual([...tensor.shape], [2, 2]);
  });

  it('refuses values that do not fit the shape, and says how many would', () => {
    assert.throws(
      () => Tensor.fromArray([1, 2, 3], [2, 2]),
      (error: ShapeError) => {
        return (
          error instanceof ShapeError && error.expected === '4 values for shape (2, 2)' && error.got === '3 values'
        );
      },
    );
    assert.throws(() => new Tensor(new Float32Array(3), [2]), ShapeError);
    assert.throws(() => Tensor.zeros([4]).reshape([3]), ShapeError);
  });

  it('refuses invalid sizes before it allocates', () => {
    for (const shape of [[-1], [1.5], [NaN], [Infinity], [2 ** 20, 2 ** 20], ['2'], [2 ** 53, 0.5]]) {
      assert.throws(() => Tensor.zeros(shape as number[]), ShapeError, formatShape(shape as number[]));
    }
    assert.throws(() => Tensor.zeros(3 as unknown as number[]), ShapeError);
  });

  it('refuses values that are not a flat array of numbers', () => {
    assert.throws(() => Tensor.fromArray([[1], [2]] as unknown as number[], [2]), ArgumentError);
    assert.throws(() => Tensor.fromArray(null as unknown as number[], [2]), ArgumentError);
  });

  it('refuses an index that is out of range or of another length', () => {
    for (const index of [[2, 0], [0, -1], [0], [0, 0, 0], [0.5, 0]]) {
      assert.throws(() => Tensor.zeros([2, 3]).at(...index), ArgumentError);
    }
  });

  it('reshapes without copying and clones with', () => {
    const tensor = Tensor.zeros([2, 2]);
    tensor.reshape([4]).data[0] = 1;
    tensor.clone().data[1] = 1;
    assert.deepEqual([...tensor.data], [1, 0, 0, 0]);
  });

  it('draws normal values of the given deviation', () => {
    const { data } = Tensor.randn([100, 100], seededRandom(1), 0.01);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    assert.ok(Math.abs(mean) < 4e-4, `mean ${mean}`);
    assert.ok(Math.abs(deviation - 0.01) < 3e-4, `deviation ${deviation}`);
  });

  it('counts tokens over the batch, for 2-D and 3-D tensors only', () => {
    assert.deepEqual([...flattenTokens('x', Tensor.zeros([2, 3, 4]), 4).shape], [6, 4]);
    assert.deepEqual([...flattenTokens('x', Tensor.zeros([3, 4]), 4).shape], [3, 4]);
    for (const shape of [[4], [1, 1, 3, 4], [4, 3]]) {
      assert.throws(() => flattenTokens('x', Tensor.zeros(shape), 4), ShapeError);
    }
  });

  it('adds and scales element by element', () => {
    const a = Tensor.fromArray([1, 2, 3, 4], [2, 2]);
    assert.deepEqual([...scale(a, -2).data], [-2, -4, -6, -8]);
    assert.deepEqual([...addScaled(a.clone(), a, 2).data], [3, 6, 9, 12]);
    assert.deepEqual([...addRow(a.clone(), Tensor.fromArray([10, 20], [2])).data], [11, 22, 13, 24]);
    assert.throws(() => addScaled(a, Tensor.zeros([4])), ShapeError);
    assert.throws(() => addRow(a, Tensor.zeros([3])), ShapeError);
  });
});
