import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { MAX_TENSORS } from '../../../src/checkpoint/header';
import { runCaptured } from '../cli/runCaptured';
import { fileOf, tensorField } from '../checkpoint/fixtures';
import { jobCaller } from './jobContext';

/** More than fit the stack of a thread as arguments. */
const MANY = 200_000;

/** One LoRA pair, and other tensors beside it, all empty. */
function headerOf(others: number, metadata?: Readonly<Record<string, string>>): Record<string, unknown> {
  const stem = 'base_model.model.model.layers.0.self_attn.q_proj';
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  header[`${stem}.lora_A.weight`] = tensorField('F32', [8, 0], 0, 0);
  header[`${stem}.lora_B.weight`] = tensorField('F32', [0, 8], 0, 0);
  for (let i = 0; i < others; i++) header[`other.${i}`] = tensorField('F32', [0], 0, 0);
  return header;
}

describe('a file with very many tensors', () => {
  let folder: string;
  let call: ReturnType<typeof jobCaller>;
  const save = (name: string, header: Record<string, unknown>): string => {
    const file = path.join(folder, name);
    writeFileSync(file, fileOf(header));
    return file;
  };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    call = jobCaller();
  });
  after(async () => {
    await call.closeAll();
    rmSync(folder, { recursive: true });
  });

  it('opens with its adapter, and lists every tensor that belongs to none', async () => {
    const { description } = await call('checkpoint/open', { path: save('many.safetensors', headerOf(MANY)) });
    assert.equal(description.tensors.length, MANY + 2);
    assert.equal(description.lora.length, 1);
    assert.equal(description.unexplained!.length, MANY);
  });

  it('is inspected and checked as text and as JSON', async () => {
    const file = save('inspected.safetensors', headerOf(MANY));
    const json = JSON.parse((await runCaptured(['inspect', file, '--json'])).stdout!) as { tensors: unknown[] };
    assert.equal(json.tensors.length, MANY + 2);
    assert.match((await runCaptured(['inspect', file])).stdout!, /tensors: +200,002/);
    assert.match((await runCaptured(['check', file])).stdout!, /tensors are not understood/);
  });

  it('lists the first rows of a table in the order of their names', async () => {
    const header = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`layer.${(i * 1_193) % 2_000}`, tensorField('F32', [0], 0, 0)]),
    );
    const { stdout } = await runCaptured(['inspect', save('plain.safetensors', header)]);
    const listed = stdout!.match(/layer\.\d+/g);
    assert.deepEqual(
      listed,
      Array.from({ length: 400 }, (_, i) => `layer.${i}`),
    );
  });

  it('is refused beyond the limit, with the limit', async () => {
    const file = save('beyond.safetensors', headerOf(MAX_TENSORS));
    const refusal = { code: 'TooLarge', message: /more than 300000 tensors, which is the limit/ };
    await assert.rejects(call('checkpoint/open', { path: file }), refusal);
    const { status, stderr } = await runCaptured(['inspect', file]);
    assert.equal(status, 2);
    assert.match(stderr!, /more than 300000 tensors/);
  });

  it('lists a tensor of very many dimensions as unreadable', async () => {
    const header = { deep: tensorField('F32', new Array<number>(MANY).fill(1), 0, 4) };
    const { description } = await call('checkpoint/open', { path: save('deep.safetensors', header) });
    assert.equal(description.tensors[0]!.readable, false);
    assert.match(description.problems[0]!.message, /has 200000 dimensions, expected at most 64/);
  });

  it('shows the beginning of long metadata, and its length', async () => {
    const long = headerOf(0, { note: 'x'.repeat(5_000_000), short: 'whole' });
    const { description } = await call('checkpoint/open', { path: save('long.safetensors', long) });
    const metadata = new Map(description.file!.metadata);
    assert.equal(metadata.get('short'), 'whole');
    assert.match(metadata.get('note')!, /^x{65536}… \(the first 65536 of 5000000 characters\)$/);
    const entries = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`key ${i}`, 'value']));
    const listed = await call('checkpoint/open', { path: save('entries.safetensors', headerOf(0, entries)) });
    assert.deepEqual(listed.description.file!.metadata.at(-1), ['…', '1000 more are not shown']);
  });
});
