import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as p from '../../../src/library';
import { decodedAll, readFamilies } from '../model/readFixtures';

const text = readFileSync('README.md', 'utf8');
const [, setup = ''] = /```js\n(.*?)```/s.exec(text.slice(text.indexOf('## Learn the methods'))) ?? [];
const lines = [...text.matchAll(/^\| [^|]* \| `((?:new )?p\..*?)` +\|$/gm)].map(([, line]) => line!);

describe("README's lines for the exercises", () => {
  it('are as many as the exercises and what is beyond them', () => assert.ok(lines.length >= 12));

  const model = readFamilies()[0]!;
  const { config, tokens, labels } = model;
  const { adapterConfig, adapterTensors } = model.cases[0]!;
  const given = { config, tokens, labels, adapterConfig };
  const tensors = { tensors: decodedAll(model.tensors), adapterTensors: decodedAll(adapterTensors) };
  const names = ['config', 'tokens', 'labels', 'adapterConfig', 'tensors', 'adapterTensors'];
  for (const line of lines) {
    it(`run: ${line}`, async () => {
      const body = `${setup.replace(/require\(.*?\)/, 'p')}\nreturn ${line};`;
      const run = new Function('p', ...names, body) as (...values: unknown[]) => unknown;
      const values: Record<string, unknown> = { ...given, ...tensors };
      assert.ok(await run(p, ...names.map((name) => values[name])));
    });
  }
});
