import { strict as assert } from 'node:assert';
import { nodeFiles } from '../../../src/files/nodeFile';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';
import { settingsFacts } from '../../../webview-ui/inspector/data/settingsFacts';
import { descriptionOf, moduleInfo } from '../findings/evidenceFixtures';

const SAVED = 'test/fixtures/peft_saved';

async function factsOf(name: string): Promise<ReadonlyMap<string, string>> {
  const source = await openCheckpoint(nodeFiles, `${SAVED}/${name}/adapter_model.safetensors`);
  await source.close();
  return new Map(settingsFacts(source.description));
}

describe('the line of settings', () => {
  it('has rank, alpha, scaling, targets and base of a LoRA', () => {
    const lora = [moduleInfo(), moduleInfo({ layer: 1, rank: 8, alpha: 8, scaling: 1 })];
    const config = [
      ['Method', 'LORA'],
      ['Base model', 'org/base'],
    ] as const;
    assert.deepEqual(settingsFacts(descriptionOf(lora, { config })), [
      ['r', '4 to 8'],
      ['α', '8'],
      ['scaling', '1 to 2'],
      ['targets', 'q_proj'],
      ['base', 'org/base'],
    ]);
  });

  it('gives modules that were saved whole their share of the parameters in the file', () => {
    const description = descriptionOf([moduleInfo()], { parameters: 400 });
    const head = { ...description.adapters![0]!, module: 'lm_head', method: 'SAVED', parameters: 100 };
    const facts = new Map(settingsFacts({ ...description, adapters: [...description.adapters!, head] }));
    assert.equal(facts.get('saved whole'), 'lm_head (25% of the parameters)');
  });

  it('has the own settings of other methods', async () => {
    assert.equal((await factsOf('prompt_tuning')).has('virtual tokens'), true);
    assert.equal((await factsOf('prefix_tuning')).has('virtual tokens'), true);
    assert.equal((await factsOf('lora_rslora')).get('rsLoRA'), 'true');
  });

  it('is empty for a file that is no adapter', () => {
    assert.deepEqual(settingsFacts(descriptionOf([], { method: null, adapters: [] })), []);
  });
});
