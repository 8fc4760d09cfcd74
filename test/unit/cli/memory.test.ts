import { strict as assert } from 'node:assert';
import { PRESETS } from '../../../src/budget/presets';
import { runCaptured } from './runCaptured';

describe('peft-inspector memory', () => {
  const model = PRESETS[0]?.id ?? '';

  it('prints each term with its arithmetic, the total, and what fits', async () => {
    const { status, stdout = '' } = await runCaptured(['memory', '--model', model, '--full', '--gpu', '80GB']);
    assert.equal(status, 0);
    for (const pattern of [
      /^Base weights .* GiB .* parameters x 2 bytes/m,
      /^Total /m,
      /fits? in 80\.00 GiB/,
      /peak: /,
    ])
      assert.match(stdout, pattern);
  });

  it('prints JSON whose terms add up to the total', async () => {
    const args = ['memory', '--model', model, '--full', '--json', '--gpu', 't4', '--sequence', '256'];
    const { stdout = '' } = await runCaptured(args);
    const answer = JSON.parse(stdout) as {
      terms: { bytes: number }[];
      totalBytes: number;
      gpu: { bytes: number; largest: { rank: unknown } };
    };
    assert.equal(
      answer.terms.reduce((sum, { bytes }) => sum + bytes, 0),
      answer.totalBytes,
    );
    assert.equal(answer.gpu.bytes, 15_360 * 2 ** 20);
    assert.equal(answer.gpu.largest.rank, null);
  });

  it('estimates inference', async () => {
    const { stdout = '' } = await runCaptured(['memory', '--model', model, '--inference', '--sequence', '4096']);
    assert.match(stdout, /^Key-value cache /m);
  });

  it('explains which argument it cannot use', async () => {
    for (const args of [
      [],
      ['--model', model],
      ['--model', model, '--full', '--gpu', 'huge'],
      ['--model', model, '--full', '--batch', '1.5'],
    ])
      assert.equal((await runCaptured(['memory', ...args])).status, 2, args.join(' '));
    const { status, stderr } = await runCaptured(['memory', '--model', model, '--full', '--precision', 'fp8']);
    assert.equal(status, 1);
    assert.match(stderr ?? '', /precision.*"fp8"/);
  });
});
