import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { f32Safetensors } from '../f32Safetensors';
import { nodeFiles } from '../../../src/files/nodeFile';
import { fullReport } from '../../../src/findings/findingsReport';
import { gatherEvidence } from '../../../src/findings/gatherEvidence';
import { inEnglish } from '../../../src/findings/sentence';
import type { MatrixSource } from '../../../src/matrices/matrixSource';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';
import type { Progress } from '../../../src/protocol/rpc';

const ADAPTERS = 'test/fixtures/adapters';

const pair = (layer: number, rank = 2): Record<string, number[]> => ({
  [`base_model.model.layers.${layer}.q_proj.lora_A.weight`]: [rank, 6],
  [`base_model.model.layers.${layer}.q_proj.lora_B.weight`]: [5, rank],
});

describe('a report on a file', () => {
  let folder = '';
  let source: MatrixSource | null = null;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'peft-findings-'))));
  afterEach(async () => {
    await source?.close();
    source = null;
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (
    shapes: Readonly<Record<string, readonly number[]>>,
    valueAt: (name: string, i: number) => number,
  ): Promise<MatrixSource> => {
    const file = path.join(folder, 'adapter_model.safetensors');
    writeFileSync(file, f32Safetensors(shapes, valueAt));
    writeFileSync(
      path.join(folder, 'adapter_config.json'),
      JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 4, target_modules: ['q_proj'] }),
    );
    return (source = await openCheckpoint(nodeFiles, file));
  };

  it('measures the factors as they multiply: zero rows, zero factors, equal modules and singular values', async () => {
    const opened = await open({ ...pair(0), ...pair(1), ...pair(2) }, (name, i) => {
      if (name.includes('layers.2') && name.includes('lora_B')) return 0;
      if (name.includes('lora_A')) return i === 0 || i === 7 ? 1 : 0;
      return i === 0 ? 3 : i === 3 ? 4 : 0;
    });
    const { modules } = await gatherEvidence(opened);
    assert.deepEqual(
      modules.map(({ zeroA, zeroB, zeroRowsOfB }) => [zeroA, zeroB, zeroRowsOfB]),
      [
        [false, false, 3],
        [false, false, 3],
        [false, true, 5],
      ],
    );
    assert.equal(modules[0]!.fingerprint, modules[1]!.fingerprint);
    assert.notEqual(modules[0]!.fingerprint, modules[2]!.fingerprint);
    const values = [...modules[0]!.singularValues!].map((value) => Number(value.toFixed(6)));
    assert.deepEqual(values, [8, 6], 'scaling 2 times 4 and 3');
  });

  it('gives the position of the first NaN in the tensor', async () => {
    const opened = await open({ stacked: [2, 3, 4], ...pair(0) }, (name, i) =>
      name === 'stacked' && i > 17 ? NaN : i + 1,
    );
    const { findings } = await fullReport(opened);
    const finding = findings.find(({ code }) => code === 'nonfinite')!;
    assert.equal(inEnglish(finding.what), "'stacked' holds 6 NaN among 24; the first is at [1, 1, 2].");
  });

  it('counts all values as its progress, and ends at the total', async () => {
    const opened = await open({ ...pair(0), ...pair(1) }, (_, i) => Math.sin(i));
    const reports: Progress[] = [];
    const { scanned } = await fullReport(opened, { progress: (progress) => reports.push(progress) });
    assert.deepEqual(scanned, { tensors: 4, values: 44 });
    assert.deepEqual([reports.at(-1)!.done, reports.at(-1)!.total], [88, 88]);
  });

  it('rejects with the reason of a cancel', async () => {
    const opened = await open(pair(0), (_, i) => Math.sin(i));
    const controller = new AbortController();
    controller.abort(new Error('no longer wanted'));
    await assert.rejects(fullReport(opened, { signal: controller.signal }), /no longer wanted/);
  });

  it('leaves out singular values that take too long, and says so', async () => {
    const opened = await open({ ...pair(0), ...pair(1) }, (_, i) => Math.sin(i));
    const { notCovered } = await fullReport(opened, { maxSpectrumWork: 10 });
    assert.ok(notCovered.map(inEnglish).includes('The singular values of 2 modules, which would take too long.'));
    const all = await fullReport(opened);
    assert.ok(!all.notCovered.map(inEnglish).some((text) => text.startsWith('The singular values')));
  });

  it('finds no fault in adapters of any method that were trained', async () => {
    for (const name of readdirSync(ADAPTERS).filter((each) => !each.endsWith('.json'))) {
      const opened = await openCheckpoint(nodeFiles, `${ADAPTERS}/${name}/adapter_model.safetensors`);
      const { findings } = await fullReport(opened);
      await opened.close();
      assert.deepEqual(
        findings.filter(({ level }) => level !== 'info').map(({ what }) => inEnglish(what)),
        [],
        name,
      );
    }
  });
});
