import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { adapterConfigJson, BASE_CONFIG, encodeSafetensors, LabRun, openModel, VOCABULARY } from '../../../src/library';
import type { ConfigObject } from '../../../src/library';
import { testLines } from '../../../src/lab/labData';
import { trainingData } from '../../../src/lab/line';
import { labTask } from '../../../src/lab/tasks';
import { ModelTrainer } from '../../../src/model/trainModel';
import { readSafetensors } from '../model/readFixtures';

const FOLDER = 'media/lab';
const METHODS = [
  'lora-qv',
  'lora-all',
  'rslora-qv',
  'dora-qv',
  'ia3',
  'prefix',
  'prefix-mlp',
  'prompt',
  'prompt-words',
];

/** Prints the mean loss of the labelled tokens of all lines, for the model alone and for each adapter. */
const LOSSES_WITH_PEFT = `
import json, sys
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
model, data, *adapters = sys.argv[1:]
lines = [json.loads(line) for line in open(data)]
for adapter in ['', *adapters]:
    adapted = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    if adapter:
        adapted = PeftModel.from_pretrained(adapted, adapter)
    adapted.eval()
    total = targets = 0
    for line in lines:
        count = sum(label != -100 for label in line['labels'])
        with torch.no_grad():
            loss = adapted(input_ids=torch.tensor([line['tokens']]), labels=torch.tensor([line['labels']])).loss
        total += loss.item() * count
        targets += count
    print(total / targets)
`;

/** The adapters of short runs, saved in folders, and the losses that the lab has with them. */
function savedRuns(folder: string): { readonly adapters: string[]; readonly losses: number[] } {
  const base = readSafetensors(path.join(FOLDER, 'model.safetensors'));
  const adapters: string[] = [];
  const losses: number[] = [];
  for (const method of METHODS) {
    const run = new LabRun({ base, task: 'french', method, steps: 40, batchSize: 8 });
    run.advance(run.steps);
    const [{ config, tensors }] = run.saved() as [ReturnType<LabRun['saved']>[0]];
    const own = path.join(folder, method);
    mkdirSync(own);
    const data = Object.entries(tensors).map(([name, { shape, data: values }]) => ({
      ...{ name, dtype: 'F32' as const, shape, data: values },
    }));
    writeFileSync(path.join(own, 'adapter_model.safetensors'), encodeSafetensors(data));
    writeFileSync(path.join(own, 'adapter_config.json'), adapterConfigJson(config as ConfigObject));
    adapters.push(own);
    losses.push(run.testLoss());
    run.dispose();
  }
  return { adapters, losses };
}

describe('the base that ships with the lab', () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8'));

  it('has the config and the vocabulary of the code', () => {
    assert.deepEqual(read('config.json'), BASE_CONFIG);
    assert.deepEqual(read('vocabulary.json'), VOCABULARY);
  });

  it('knows every family of its training, and none of the tasks', () => {
    const base = readSafetensors(path.join(FOLDER, 'model.safetensors'));
    const run = new LabRun({ base, task: 'steer', method: 'full' });
    const { task, old } = run.evaluate(true);
    assert.ok(task <= 0.2, `? means reverse: ${task}`);
    for (const [family, share] of Object.entries(old!.families)) assert.ok(share >= 0.95, `${family}: ${share}`);
    assert.equal(run.answer('sort cab'), 'a b c');
    assert.equal(run.answer('add 12+34'), '4 6');
    run.dispose();
    for (const name of ['code1', 'code2', 'swap4', 'french', 'desc']) {
      const fresh = new LabRun({ base, task: name, method: 'full' });
      assert.ok(fresh.evaluate().task <= 0.2, name);
      fresh.dispose();
    }
  });

  it('and its adapters give the same losses in transformers and PEFT', function () {
    const python = process.env['PEFT_ORACLE_PYTHON'];
    if (python === undefined) {
      console.log('      left out: PEFT_ORACLE_PYTHON names no Python with torch, transformers and peft');
      return void this.skip();
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'peft-lab-'));
    try {
      const { tokens, labels } = trainingData(testLines(labTask('french').draw));
      const lines = tokens.map((line, i) => `${JSON.stringify({ tokens: line, labels: labels[i] })}\n`);
      const data = path.join(folder, 'data.jsonl');
      writeFileSync(data, lines.join(''));
      const { adapters, losses } = savedRuns(folder);
      const tensors = readSafetensors(path.join(FOLDER, 'model.safetensors'));
      const alone = new ModelTrainer(openModel({ config: BASE_CONFIG, tensors }, null));
      const expected = [alone.model.lossOf(alone.batch({ tokens, labels })), ...losses];
      alone.dispose();
      const { status, stdout, stderr } = spawnSync(python, ['-c', LOSSES_WITH_PEFT, FOLDER, data, ...adapters], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      const got = stdout.trim().split('\n').map(Number);
      ['the base alone', ...METHODS].forEach((name, i) => {
        console.log(`      ${name}: loss ${expected[i]!.toFixed(6)}, in PEFT ${got[i]!.toFixed(6)}`);
        assert.ok(Math.abs(got[i]! - expected[i]!) < 1e-3, `${name}: ${expected[i]}, in PEFT ${got[i]}`);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
