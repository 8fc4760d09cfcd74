import { strict as assert } from 'node:assert';
import * as path from 'node:path';
import { nodeFiles } from '../../../src/files/nodeFile';
import { DeltaMatrix } from '../../../src/matrices/deltaMatrix';
import { everything } from '../../../src/matrices/matrixReader';
import type { MatrixReader, ScanRequest } from '../../../src/matrices/matrixReader';
import type { MatrixSource } from '../../../src/matrices/matrixSource';
import { kroneckerSpectrum, moduleSpectrum } from '../../../src/matrices/moduleSpectrum';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';

const open = (name: string): Promise<MatrixSource> =>
  openCheckpoint(nodeFiles, path.resolve('test/fixtures/adapters', name, 'adapter_model.safetensors'));

async function read(matrix: MatrixReader, request: ScanRequest = everything(matrix)): Promise<number[]> {
  const values: number[] = [];
  await matrix.scan(request, (block) => {
    for (const value of block.values) values.push(value);
  });
  return values;
}

function assertClose(got: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(got.length, expected.length, what);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs(got[i]! - expected[i]!) <= 1e-12 * largest, `${what}, ${i}: ${got[i]} for ${expected[i]}`);
}

describe('the change of a LoKr or LoHa module from its own factors', () => {
  for (const name of ['lokr', 'lokr_both', 'lokr_tucker', 'loha', 'loha_tucker']) {
    it(`equals that of A and B written out, whole, in part and by the cell, for ${name}`, async () => {
      const source = await open(name);
      for (const { module } of source.description.lora) {
        const delta = await source.matrix({ kind: 'delta', module });
        const written = new DeltaMatrix(await source.factors(module));
        assert.deepEqual([delta.rows, delta.columns], [written.rows, written.columns]);
        assertClose(await read(delta), await read(written), module);
        const part = { ranges: [{ first: 1, count: 2 }], firstColumn: 1, columnCount: delta.columns - 2 };
        assertClose(await read(delta, part), await read(written, part), `${module} in part`);
        const [row, column] = [delta.rows - 1, delta.columns - 2];
        const cells = [await delta.cell(row, column), await written.cell(row, column)] as const;
        assertClose([cells[0].value], [cells[1].value], `${module} cell`);
      }
      await source.close();
    });
  }

  it('is drawn from factors of the sizes that the description states', async () => {
    for (const name of ['lokr', 'lokr_both', 'lokr_tucker', 'loha', 'loha_tucker']) {
      const source = await open(name);
      for (const { module, structure } of source.description.lora) {
        assert.equal(structure!.factors.length, name.startsWith('lokr') ? 2 : 4);
        for (const { part, rows, columns } of structure!.factors) {
          const factor = await source.matrix({ kind: 'factor', module, part });
          assert.deepEqual([factor.rows, factor.columns], [rows, columns]);
          assert.equal((await read(factor)).length, rows * columns);
        }
      }
      await source.close();
    }
  });

  it('is W1 kron W2 for LoKr, entry by entry', async () => {
    const source = await open('lokr_both');
    const { module, scaling } = source.description.lora[0]!;
    const [w1, w2, delta] = await Promise.all([
      source.matrix({ kind: 'factor', module, part: 'w1' }),
      source.matrix({ kind: 'factor', module, part: 'w2' }),
      source.matrix({ kind: 'delta', module }),
    ]);
    const [first, second, product] = await Promise.all([read(w1), read(w2), read(delta)]);
    const expected = product.map((_, at) => {
      const [i, j] = [Math.floor(at / delta.columns), at % delta.columns];
      const left = first[Math.floor(i / w2.rows) * w1.columns + Math.floor(j / w2.columns)]!;
      return scaling * left * second[(i % w2.rows) * w2.columns + (j % w2.columns)]!;
    });
    assertClose(product, expected, module);
    await source.close();
  });

  it('has the products of the singular values of W1 and W2 for its own', async () => {
    for (const name of ['lokr', 'lokr_both', 'lokr_tucker']) {
      const source = await open(name);
      for (const { module, scaling } of source.description.lora) {
        const sides = (await source.kroneckerFactors!(module))!;
        const written = moduleSpectrum(await source.factors(module));
        const found = kroneckerSpectrum(sides, scaling);
        assert.ok(Math.abs(found.norm / written.norm - 1) < 1e-9);
        const count = Math.min(found.singularValues.length, written.singularValues.length);
        for (let i = 0; i < count; i++) {
          const difference = Math.abs(found.singularValues[i]! - written.singularValues[i]!);
          assert.ok(difference <= 1e-7 * written.singularValues[0]!, `${module}, ${i}`);
        }
      }
      await source.close();
    }
  });

  it('has no such sides for LoHa', async () => {
    const source = await open('loha');
    assert.equal(await source.kroneckerFactors!(source.description.lora[0]!.module), null);
    await source.close();
  });
});
