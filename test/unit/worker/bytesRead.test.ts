import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { countingFiles } from '../../bench/countingFiles';
import { writeSparseFile, writeSparseShards } from '../../bench/sparseModels';
import type { SparseModel } from '../../bench/sparseModels';
import { jobCaller } from './jobContext';

/** Limit on the bytes read at opening besides the header. */
const ALLOWED_BYTES = 2 ** 20;

const MODELS: readonly { what: string; write: (folder: string) => SparseModel | null; least: number; deep: string }[] =
  [
    { what: 'a file of 20 GB', write: writeSparseFile, least: 20e9, deep: 'model.layers.10.mlp.down_proj.weight' },
    {
      what: 'a model of 500 GB in 64 shards',
      write: writeSparseShards,
      least: 500e9,
      deep: 'model.layers.700.mlp.down_proj.weight',
    },
  ];

for (const { what, write, least, deep } of MODELS) {
  describe(what, () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    it('is opened from its headers and at most 1 MB more, and a tile reads only its own bytes', async function () {
      const made = write(folder);
      if (!made) {
        console.log(`      left out: ${folder} holds no sparse files of this length`);
        return void this.skip();
      }
      const files = countingFiles();
      const call = jobCaller(files);
      const { source, description } = await call('checkpoint/open', { path: made.file });
      assert.equal(description.tensors.length, made.tensors);
      assert.deepEqual(description.problems, []);
      assert.equal(description.file!.bytes, made.bytes);
      assert.ok(made.bytes >= least, `${made.bytes} bytes`);
      assert.ok(
        files.bytes >= made.headerBytes && files.bytes <= made.headerBytes + ALLOWED_BYTES,
        `${files.bytes} bytes were read`,
      );
      files.bytes = 0;
      const matrix = { kind: 'tensor', name: deep } as const;
      const tile = await call('tile/read', { source, matrix, level: 0, tileX: 1, tileY: 3, reduction: 'mean' });
      assert.deepEqual([tile.width, tile.height], [256, 256]);
      assert.ok(files.bytes >= 256 * 256 * 2 && files.bytes <= 256 * 8192 * 2, `${files.bytes} bytes were read`);
      await call.closeAll();
    });
  });
}
