import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';
import { nodeFiles } from '../../../src/files/nodeFile';
import { moduleSpectrum } from '../../../src/matrices/moduleSpectrum';

/** The results of PEFT's own `get_delta_weight`: shape, Frobenius norm, and some entries as row, column, value. */
interface Delta {
  readonly shape: readonly [number, number];
  readonly norm: number;
  readonly entries: readonly (readonly [number, number, number])[];
}

const FOLDER = path.resolve('test/fixtures/adapters');
const golden = JSON.parse(readFileSync(path.join(FOLDER, 'deltas.json'), 'utf8')) as Record<
  string,
  Record<string, Delta>
>;

/** PEFT computes in float32. */
const close = (got: number, expected: number, scale: number): boolean => Math.abs(got - expected) <= 2e-5 * scale;

describe('the update of a weight by an adapter that PEFT saved', () => {
  for (const [name, modules] of Object.entries(golden)) {
    it(`is what PEFT computes for ${name}`, async () => {
      const source = await openCheckpoint(nodeFiles, path.join(FOLDER, name, 'adapter_model.safetensors'));
      try {
        const described = source.description.lora.map(({ module }) => module).sort();
        assert.deepEqual(described, Object.keys(modules).sort());
        assert.deepEqual(source.description.unexplained, []);
        for (const [module, { shape, norm, entries }] of Object.entries(modules)) {
          const delta = await source.matrix({ kind: 'delta', module });
          assert.deepEqual([delta.rows, delta.columns], shape, module);
          for (const [row, column, expected] of entries) {
            const { value } = await delta.cell(row, column);
            assert.ok(close(value, expected, norm), `${module} (${row}, ${column}): ${value}, expected ${expected}`);
          }
          const spectrum = moduleSpectrum(await source.factors(module));
          assert.ok(close(spectrum.norm, norm, norm), `${module}: norm ${spectrum.norm}, expected ${norm}`);
        }
      } finally {
        await source.close();
      }
    });
  }
});

describe('a stored matrix', () => {
  it('can be read transposed', async () => {
    const file = path.join(FOLDER, 'loha', 'adapter_model.safetensors');
    const source = await openCheckpoint(nodeFiles, file);
    try {
      const name = 'base_model.model.model.layers.0.q_proj.hada_w1_a';
      const straight = await source.matrix({ kind: 'tensor', name });
      const turned = await source.matrix({ kind: 'tensor', name, transposed: true });
      assert.deepEqual([straight.rows, straight.columns], [turned.columns, turned.rows]);
      const scanned = new Float64Array(turned.rows * turned.columns);
      await turned.scan(
        { ranges: [{ first: 0, count: turned.rows }], firstColumn: 0, columnCount: turned.columns },
        (block) => {
          scanned.set(block.values, block.firstRow * turned.columns);
        },
      );
      for (const [row, column] of [
        [0, 0],
        [3, 1],
        [15, 2],
      ] as const) {
        const { text, value, index } = await straight.cell(row, column);
        assert.deepEqual(await turned.cell(column, row), { text, value, index });
        assert.equal(scanned[column * turned.columns + row], value);
      }
    } finally {
      await source.close();
    }
  });
});
