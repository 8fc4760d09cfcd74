import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';
import { factorNorms } from '../../../src/matrices/factorNorms';
import { hadamardNorm } from '../../../src/matrices/hadamardNorm';
import { productNorms } from '../../../src/matrices/productNorm';
import { nodeFiles } from '../../../src/files/nodeFile';

const FOLDER = path.resolve('test/fixtures/adapters');
const golden = JSON.parse(readFileSync(path.join(FOLDER, 'deltas.json'), 'utf8')) as Record<
  string,
  Record<string, { readonly norm: number }>
>;

describe("the norm of a product from the method's own factors", () => {
  for (const [name, modules] of Object.entries(golden)) {
    it(`is the norm of PEFT's update, and that of A and B written out, for ${name}`, async () => {
      const source = await openCheckpoint(nodeFiles, path.join(FOLDER, name, 'adapter_model.safetensors'));
      try {
        for (const [module, { norm }] of Object.entries(modules)) {
          const { delta } = await productNorms(source.storedProduct!(module));
          const written = factorNorms(await source.factors(module)).delta;
          assert.ok(Math.abs(delta - norm) <= 2e-5 * norm, `${module}: ${delta}, PEFT has ${norm}`);
          assert.ok(Math.abs(delta - written) <= 1e-6 * written, `${module}: ${delta}, written out ${written}`);
        }
      } finally {
        await source.close();
      }
    });
  }

  it('is finite for LoHa factors far below the range of float32 products, and NaN if one holds NaN', () => {
    const matrix = (rows: number, columns: number, value: number) => ({
      rows,
      columns,
      data: new Float64Array(rows * columns).fill(value),
    });
    const side = (value: number) => ({ left: matrix(3, 2, value), right: matrix(2, 5, value), kernel: null });
    const expected = 2 * 1e-40 * 2 * 1e-40 * Math.sqrt(15);
    assert.ok(Math.abs(hadamardNorm(side(1e-20), side(1e-20)) / expected - 1) < 1e-6);
    assert.ok(Number.isNaN(hadamardNorm(side(NaN), side(1))));
    assert.equal(hadamardNorm(side(0), side(1)), 0);
  });
});
