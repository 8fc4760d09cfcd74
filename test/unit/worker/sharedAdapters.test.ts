/** Tests with real adapters and files of every PEFT method, if a folder of them is beside the repository. */

import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import type { SourceDescription } from '../../../src/protocol/source';
import { SHARED } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';

const call = jobCaller();

async function inspect(file: string): Promise<SourceDescription> {
  const { source, description } = await call('checkpoint/open', { path: file });
  const shown = description.lora.find((module) => module.unavailable === undefined);
  if (shown) {
    const spectrum = await call('lora/spectrum', { source, module: shown.module });
    assert.equal(spectrum.singularValues.length, Math.min(shown.rank, shown.inFeatures, shown.outFeatures));
  }
  for (const { name, shape } of description.tensors
    .filter((tensor) => tensor.readable && !tensor.shape.includes(0))
    .slice(0, 20)) {
    const tile = await call('tile/read', {
      source,
      matrix: { kind: 'tensor', name },
      level: 0,
      tileX: 0,
      tileY: 0,
      reduction: 'maxAbs',
    });
    assert.equal(tile.width, Math.min(256, shape.at(-1) ?? 1));
  }
  await call('source/close', { source });
  return description;
}

describe('adapters beside the repository', () => {
  const corpus = path.join(SHARED, 'corpus');
  const saved = path.join(SHARED, 'peft_saved');

  it('have the tensors, parameters and ranks that the index of the corpus states', async function () {
    if (!existsSync(path.join(corpus, 'INDEX.md'))) this.skip();
    for (const section of readFileSync(path.join(corpus, 'INDEX.md'), 'utf8').split(/^## /m).slice(1)) {
      const folder = section.slice(0, section.indexOf('\n')).trim();
      const line =
        /^- (\S+\.safetensors): \d+ B, valid=(True|False).*?tensors (\d+),.*?params ([\d,]+).*?ranks \{([^}]*)\}/m.exec(
          section,
        );
      if (!line) continue;
      const [, file, valid, tensors, parameters, ranks] = line;
      const description = await inspect(path.join(corpus, folder, file!));
      const errors = description.problems.filter(({ severity }) => severity === 'error');
      assert.equal(errors.length === 0, valid === 'True', folder);
      assert.equal(description.tensors.length, Number(tensors), folder);
      assert.deepEqual(description.unexplained, [], folder);
      assert.equal(description.parameters, Number(parameters!.replaceAll(',', '')), folder);
      const expected = new Map(
        [...ranks!.matchAll(/(\d+): (\d+)/g)].map(([, rank, count]) => [Number(rank), Number(count)]),
      );
      const found = new Map<number, number>();
      for (const { rank } of description.lora) found.set(rank, (found.get(rank) ?? 0) + 1);
      assert.deepEqual(found, expected, folder);
    }
  }).timeout(120_000);

  it('open without an error for every PEFT method, with the counts of what PEFT stored', async function () {
    if (!existsSync(saved)) this.skip();
    for (const name of readdirSync(saved)) {
      const file = path.join(saved, name, 'adapter_model.safetensors');
      const description = await inspect(file);
      assert.deepEqual(description.unexplained, [], name);
      const { header } = JSON.parse(readFileSync(path.join(saved, name, '_expected.json'), 'utf8')) as {
        header: Record<string, { shape?: number[] }>;
      };
      const shapes = Object.values(header).flatMap(({ shape }) => (shape ? [shape] : []));
      assert.deepEqual(
        description.problems.filter(({ severity }) => severity === 'error'),
        [],
        name,
      );
      assert.equal(description.tensors.length, shapes.length, name);
      assert.equal(
        description.parameters,
        shapes.reduce((sum, shape) => sum + shape.reduce((n, size) => n * size, 1), 0),
        name,
      );
    }
  }).timeout(120_000);
});
