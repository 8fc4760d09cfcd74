import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { runDemo } from '../../../src/peft/demo';
import type { DemoResult } from '../../../src/peft/demoResult';
import { factoredSingularValues } from '../../../src/tensor/svd';
import type { Tensor } from '../../../src/tensor/tensor';
import { matmul } from '../../../src/tensor/matmul';
import { scale } from '../../../src/tensor/elementwise';

const norm = ({ data }: Tensor): number => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));

/** The names under which a result holds its methods. */
const METHODS = ['lora', 'adapter', 'prefix', 'prompt'] as const;

function distance(a: Tensor, b: Tensor): number {
  return Math.sqrt(a.data.reduce((sum, value, i) => sum + (value - b.data[i]!) ** 2, 0));
}

/** Collects every tensor of a result by its path. */
function tensors(value: unknown, path: string, found: Map<string, Tensor> = new Map()): Map<string, Tensor> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return found;
  if ('data' in value && value.data instanceof Float32Array) return found.set(path, value as Tensor);
  for (const [key, inner] of Object.entries(value)) tensors(inner, `${path}.${key}`, found);
  return found;
}

describe('the demo', () => {
  let trained: DemoResult;
  before(async function () {
    this.timeout(60_000);
    trained = await runDemo();
  });

  it('prints the lines and figures of the reference document', () => {
    const expected = readFileSync('test/fixtures/golden/demo.txt', 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      trained.text.split('\n').map((line) => line.replace(/ +/g, ' ')),
      expected,
    );
  });

  it('aligns the columns of its table', () => {
    const lines = trained.text.split('\n');
    const header = lines.findIndex((line) => line.startsWith('Method'));
    const table = lines.slice(header).filter((line) => !line.startsWith('---'));
    const ends = (pattern: RegExp): Set<number> => new Set(table.map((line) => pattern.exec(line)![0].length));
    assert.equal(table.length, 6);
    assert.equal(ends(/^\S+ +\S+/).size, 1);
    assert.equal(ends(/^\S+ +\S+ +\S+/).size, 1);
  });

  it('starts at B = 0 and approaches the planted change, which has rank 4', () => {
    const { plantedDelta, scaling, training, rank } = trained.lora;
    const [first, last] = [training.snapshots[0]!, training.snapshots.at(-1)!];
    assert.ok(first.B.data.every((value) => value === 0));
    assert.ok(first.gradB.data.some((value) => value !== 0));
    assert.equal(last.step, 300);
    const delta = scale(matmul(last.B, last.A), scaling);
    const error = distance(delta, plantedDelta) / norm(plantedDelta);
    assert.ok(error < 0.05, `relative distance ${error}`);
    const values = factoredSingularValues({ a: last.A, b: last.B, scaling });
    assert.equal(values.length, rank);
    assert.ok(values[4]! < 0.05 * values[3]!, `${values.join(' ')}`);
  });

  it('records the displayed forward and backward pass as step 0', () => {
    const { x, output, gradOutput, weight, training } = trained.lora;
    for (const { shape } of [x, output, gradOutput]) assert.deepEqual([...shape], [2, 16, 256]);
    const target = output.data.map((value, i) => value - (gradOutput.data[i]! * output.size) / 2);
    const loss = output.data.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0) / output.size;
    assert.ok(Math.abs(loss / training.losses[0]! - 1) < 1e-3, `${loss} and ${training.losses[0]}`);
    assert.equal(weight.size, 65_536);
  });

  it('trains every method: the loss falls to a part of what it was, and the gradient shrinks with it', () => {
    const part = { lora: 0.01, adapter: 0.1, prefix: 0.1, prompt: 0.15 };
    for (const method of METHODS) {
      const { losses, snapshots } = trained[method].training;
      assert.equal(losses.length, 301);
      assert.deepEqual([snapshots[0]!.step, snapshots.at(-1)!.step], [0, 300]);
      assert.ok(losses[300]! < part[method] * losses[0]!, `${method}: ${losses[0]} to ${losses[300]}`);
      assert.ok(losses.every(Number.isFinite));
    }
    for (const [first, last] of [
      [trained.adapter, 'gradWUp'],
      [trained.prefix, 'gradPrefix'],
      [trained.prompt, 'gradPrompt'],
    ] as const) {
      const of = (index: number): Tensor =>
        (first.training.snapshots.at(index) as unknown as Record<string, Tensor>)[last]!;
      assert.ok(norm(of(-1)) < norm(of(0)), last);
    }
  });

  it('has exactly one gradient that is zero before the first step, as its sentences say', () => {
    const zero = METHODS.flatMap((method) =>
      Object.entries(trained[method].training.snapshots[0]!)
        .filter(([name, value]) => name.startsWith('grad') && norm(value as Tensor) === 0)
        .map(([name]) => `${method}.${name}`),
    );
    assert.deepEqual(zero, ['lora.gradA']);
    assert.match(trained.lora.start, /The gradient of A is zero/);
    for (const method of ['adapter', 'prefix', 'prompt'] as const)
      assert.match(trained[method].start, /gradient is (not )?zero/, method);
  });

  it('produces finite activations and gradients, not all zero, for every method', () => {
    const found = tensors({ ...trained, lora: { ...trained.lora, training: null } }, 'demo');
    assert.ok(found.size > 25, `${found.size} tensors`);
    for (const [path, tensor] of found) {
      assert.ok(tensor.data.every(Number.isFinite), path);
      assert.ok(
        tensor.data.some((value) => value !== 0),
        path,
      );
    }
  });

  it('gives the tensors the shapes that the inspector expects', () => {
    const shape = (tensor: Tensor): number[] => [...tensor.shape];
    const { adapter, prefix, prompt } = trained;
    const lastPrefix = prefix.training.snapshots.at(-1)!;
    const lastPrompt = prompt.training.snapshots.at(-1)!;
    const { down, activated, output } = adapter.training.snapshots.at(-1)!;
    assert.deepEqual([adapter.input, down, activated, output].map(shape), [
      [32, 256],
      [32, 64],
      [32, 64],
      [32, 256],
    ]);
    assert.deepEqual(
      [shape(lastPrefix.prefix), shape(lastPrefix.gradPrefix)],
      [
        [4, 2, 10, 8, 32],
        [4, 2, 10, 8, 32],
      ],
    );
    assert.deepEqual(
      prefix.inputs.map(({ layer }) => layer),
      [0, 1, 2, 3],
    );
    for (const { probabilities } of lastPrefix.attention) assert.deepEqual(shape(probabilities), [2, 8, 16, 26]);
    assert.deepEqual([lastPrompt.prompt, lastPrompt.gradPrompt, lastPrompt.sequence].map(shape), [
      [20, 256],
      [20, 256],
      [36, 256],
    ]);
    assert.deepEqual(lastPrompt.sequence.data.subarray(0, 20 * 256), lastPrompt.prompt.data);
    assert.ok(activated.data.some((value) => value === 0) && activated.data.some((value) => value > 0));
  });

  it('repeats for the same seed and differs for another', async () => {
    const [once, again, other] = await Promise.all([7, 7, 8].map((seed) => runDemo({ seed, trainingSteps: 3 })));
    const [a, b, c] = [once, again, other].map((result) => tensors(result, 'demo'));
    for (const [path, tensor] of a!) assert.deepEqual(tensor.data, b!.get(path)!.data, path);
    assert.notDeepEqual(a!.get('demo.lora.weight')!.data, c!.get('demo.lora.weight')!.data);
  });

  it('changes only the training when its length changes', async () => {
    const short = await runDemo({ trainingSteps: 0 });
    assert.equal(short.text, trained.text);
    for (const [path, tensor] of tensors(short, 'demo')) {
      const [, method, ...rest] = path.split('.');
      const start: unknown = trained[method as keyof DemoResult];
      const same = rest.reduce((value, key) => (value as Record<string, unknown>)[key], start);
      assert.deepEqual(tensor.data, (same as Tensor).data, path);
    }
    for (const method of METHODS) assert.equal(short[method].training.snapshots.length, 1);
  });

  it('reports progress that never decreases and ends at the total', async () => {
    const seen: number[] = [];
    await runDemo({ trainingSteps: 4, onProgress: ({ done, total }) => seen.push(done / total) });
    assert.deepEqual(
      seen,
      [...seen].sort((p, q) => p - q),
    );
    assert.equal(seen.at(-1), 1);
  });

  it('stops when cancelled', async () => {
    const controller = new AbortController();
    const run = runDemo({ signal: controller.signal, onProgress: ({ done }) => done === 3 && controller.abort() });
    await assert.rejects(run, { name: 'AbortError' });
  });
});
