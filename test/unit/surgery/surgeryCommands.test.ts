import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { runCaptured } from '../cli/runCaptured';
import {
  inner,
  norm,
  product,
  randomValues,
  readTensorsOf,
  scaled,
  sum,
  writeAdapter,
  writeTensors,
} from './denseModel';
import type { Values } from './denseModel';

const Q = 'model.layers.0.self_attn.q_proj';
const V = 'model.layers.0.self_attn.v_proj';
const pair = (seed: number, rank: number, out: number, size: number) => ({
  a: randomValues(seed, [rank, size]),
  b: randomValues(seed + 1, [out, rank]),
});

describe('commands on adapters', () => {
  let folder = '';
  const at = (name: string): string => path.join(folder, name);
  const first = { [Q]: pair(1, 3, 7, 9), [V]: pair(3, 3, 5, 9) };
  const second = { [Q]: pair(5, 2, 7, 9) };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'surgery-'));
    writeAdapter(at('first'), first, { lora_alpha: 6 });
    writeAdapter(at('second'), second, { lora_alpha: 4, use_rslora: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (...args: string[]) => {
    const { status, stdout = 'null', stderr } = await runCaptured([...args, '--json']);
    return { status, stderr, json: JSON.parse(stdout) as Record<string, unknown> };
  };
  const deltas = (name: string): Record<string, Values> => {
    const tensors = readTensorsOf(path.join(at(name), 'adapter_model.safetensors'));
    const found: Record<string, Values> = {};
    for (const [key, a] of Object.entries(tensors)) {
      const module = /^base_model\.model\.(.*)\.lora_A\.weight$/.exec(key)?.[1];
      if (module !== undefined) found[module] = product(a, tensors[key.replace('lora_A', 'lora_B')]!);
    }
    return found;
  };
  const near = (got: Values, want: Values, error = 1e-6): void => {
    const gap = norm(sum(got, scaled(want, -1)));
    assert.ok(gap <= error * norm(want), `the matrices differ by ${gap} of ${norm(want)}`);
  };
  const x = product(first[Q]!.a, first[Q]!.b, 2);
  const y = product(second[Q]!.a, second[Q]!.b, 4 / Math.sqrt(2));

  it('compare gives the norms and cosines of the dense changes', async () => {
    const { json } = await run('compare', at('first'), at('second'), '--weights', '1,-0.5');
    const { modules, onlyIn } = json as unknown as {
      modules: { name: string; cosine: number; fro: number[]; sum: { fro: number } }[];
      onlyIn: Record<string, string[]>;
    };
    const found = modules.find(({ name }) => name === Q)!;
    assert.ok(Math.abs(found.cosine - inner(x, y) / (norm(x) * norm(y))) < 1e-12);
    assert.ok(Math.abs(found.fro[1]! - norm(y)) < 1e-10);
    assert.ok(Math.abs(found.sum.fro - norm(sum(x, scaled(y, -0.5)))) < 1e-10);
    assert.deepEqual(onlyIn['0'], [V]);
  });

  it('merge writes the exact weighted sum with a scaling of 1', async () => {
    const { status, json } = await run('merge', at('first'), at('second'), '--weights', '-0.7,0.3', '-o', at('cat'));
    assert.equal(status, 0);
    const written = deltas('cat');
    near(written[Q]!, sum(scaled(x, -0.7), scaled(y, 0.3)));
    near(written[V]!, scaled(product(first[V]!.a, first[V]!.b, 2), -0.7));
    const config = JSON.parse(readFileSync(path.join(at('cat'), 'adapter_config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(config['use_rslora'], false);
    assert.ok((json['writtenError'] as number) < 1e-6);
  });

  it("merge --peft-exact copies the first adapter's use_rslora and names the fault", async () => {
    const { json } = await run('merge', at('second'), at('first'), '--peft-exact', '-o', at('exact'));
    assert.match(String((json['peftFaults'] as string[])[0]), /use_rslora is copied from the first adapter/);
    near(deltas('exact')[Q]!, sum(x, y));
    assert.equal(json['scaling'], Math.sqrt(5));
  });

  it('merge refuses types that add factors of unequal ranks, and an existing place', async () => {
    const refused = await run('merge', at('first'), at('second'), '--type', 'linear', '-o', at('linear'));
    assert.equal(refused.status, 1);
    assert.equal((refused.json['refused'] as { code: string }).code, 'ShapeMismatch');
    const taken = await runCaptured(['merge', at('first'), '-o', at('second')]);
    assert.equal(taken.status, 2);
    assert.match(taken.stderr!, /exists: choose another place/);
  });

  it('resize has the least error of its rank and says it', async () => {
    const { json } = await run('resize', at('first'), '--rank', '2', '-o', at('small'));
    const { modules } = json as unknown as { modules: { name: string; absError: number; singularValues: number[] }[] };
    const { absError, singularValues } = modules.find(({ name }) => name === Q)!;
    const gap = norm(sum(deltas('small')[Q]!, scaled(x, -1)));
    assert.ok(Math.abs(gap - absError) < 1e-5);
    assert.ok(Math.abs(absError - singularValues[2]!) < 1e-12);
  });

  it('merge --base changes its tensors, keeps the others to the byte, and refuses NaN without leaving files', async () => {
    const weight = randomValues(20, [7, 9]);
    const base = {
      [`${Q}.weight`]: weight,
      [`${V}.weight`]: randomValues(21, [5, 9]),
      'model.norm.weight': randomValues(22, [9]),
    };
    writeTensors(path.join(at('base'), 'model.safetensors'), base);
    writeFileSync(path.join(at('base'), 'config.json'), '{"model_type": "llama"}');
    const { status } = await run('merge', at('first'), at('second'), '--base', at('base'), '-o', at('merged'));
    assert.equal(status, 0);
    const merged = readTensorsOf(path.join(at('merged'), 'model.safetensors'));
    near(merged[`${Q}.weight`]!, sum(weight, x, y));
    assert.deepEqual(merged['model.norm.weight'], base['model.norm.weight']);
    assert.ok(existsSync(path.join(at('merged'), 'config.json')));

    const broken = pair(1, 3, 7, 9);
    broken.b.data[4] = NaN;
    writeAdapter(at('broken'), { [Q]: broken });
    const before = readdirSync(folder);
    const refused = await run('merge', at('broken'), '--base', at('base'), '-o', at('never'));
    assert.equal(refused.status, 1);
    assert.equal((refused.json['refused'] as { code: string }).code, 'NonFinite');
    assert.deepEqual(readdirSync(folder), before);
  });

  it('merge --base rescales the rows of DoRA to their magnitudes', async () => {
    const weight = randomValues(30, [7, 9]);
    const m = randomValues(31, [7]);
    writeTensors(path.join(at('plain'), 'model.safetensors'), { [`${Q}.weight`]: weight });
    const magnitudes = { [`base_model.model.${Q}.lora_magnitude_vector`]: m };
    writeAdapter(at('dora'), { [Q]: first[Q]! }, { lora_alpha: 6, use_dora: true }, magnitudes);
    assert.equal((await run('merge', at('dora'), '--base', at('plain'), '-o', at('dora-merged'))).status, 0);
    const wanted = sum(weight, x);
    for (let i = 0; i < 7; i++) {
      const row = wanted.data.subarray(9 * i, 9 * i + 9);
      const length = Math.sqrt(row.reduce((total, value) => total + value * value, 0));
      row.forEach((value, j) => (row[j] = (m.data[i]! / length) * value));
    }
    near(readTensorsOf(path.join(at('dora-merged'), 'model.safetensors'))[`${Q}.weight`]!, wanted);
  });

  it('extract finds the change of a merged model again and names what is not in the factors', async () => {
    const norms = { 'model.norm.weight': randomValues(41, [9]) };
    const weight = randomValues(40, [7, 9]);
    writeTensors(path.join(at('old'), 'model.safetensors'), { [`${Q}.weight`]: weight, ...norms });
    const changed = { [`${Q}.weight`]: sum(weight, y), 'model.norm.weight': randomValues(42, [9]) };
    writeTensors(path.join(at('new'), 'model.safetensors'), changed);
    const { json } = await run('extract', '--base', at('old'), '--tuned', at('new'), '--rank', '2', '-o', at('found'));
    near(deltas('found')[Q]!, y, 1e-5);
    assert.equal((json['notExpressible'] as { name: string }[])[0]!.name, 'model.norm.weight');
  });
});
