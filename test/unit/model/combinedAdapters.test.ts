import { strict as assert } from 'node:assert';
import { evaluateModel, seededRandom } from '../../../src/library';
import { openModel } from '../../../src/model/openModel';
import { ModelTrainer } from '../../../src/model/trainModel';
import { startedPeft } from '../../../src/model/adapters/startedPeft';
import { assertClose } from '../peft/closeness';
import { decodedAll, readFamilies } from './readFixtures';

const [llama] = readFamilies();
const { config, tokens, labels } = llama!;
const tensors = decodedAll(llama!.tensors);
const random = seededRandom(5);
const started = (settings: Record<string, unknown>): ReturnType<typeof startedPeft> =>
  startedPeft({ config, tensors, path: 'base' }, settings, random);
const lora = started({ peft_type: 'LORA', r: 2, target_modules: ['q_proj'], init_lora_weights: false });
const prompt = started({ peft_type: 'PROMPT_TUNING', num_virtual_tokens: 3 });

function lossOf(first: ReturnType<typeof startedPeft>, second?: ReturnType<typeof startedPeft>): number {
  const adapted = {
    config,
    tensors,
    adapterConfig: first.config,
    adapterTensors: first.tensors,
    secondAdapter: second,
  };
  const trainer = new ModelTrainer(openModel(adapted, null));
  const loss = trainer.model.lossOf(trainer.batch({ tokens, labels }));
  trainer.dispose();
  return loss;
}

describe('two adapters on one model', () => {
  it('both act, in either order', () => {
    const both = lossOf(lora, prompt);
    assert.equal(lossOf(prompt, lora), both);
    assert.notEqual(both, lossOf(lora));
    assert.notEqual(both, lossOf(prompt));
  });

  it('are the second one alone if the first does nothing', () => {
    const idle = started({ peft_type: 'LORA', r: 2, target_modules: ['q_proj'] });
    const alone = evaluateModel({
      config,
      tensors,
      tokens,
      labels,
      adapterConfig: prompt.config,
      adapterTensors: prompt.tensors,
    });
    assertClose('loss', [lossOf(idle, prompt)], [alone.loss], 1e-6, 1e-6);
  });

  it('train together, each tensor under the name of its own file', () => {
    const adapted = {
      config,
      tensors,
      adapterConfig: lora.config,
      adapterTensors: lora.tensors,
      secondAdapter: prompt,
    };
    const trainer = new ModelTrainer(openModel(adapted, null));
    const batch = trainer.batch({ tokens, labels });
    const losses = Array.from({ length: 10 }, () => trainer.step(batch));
    assert.ok(losses[9]! < losses[0]!, losses.join(' '));
    assert.deepEqual(Object.keys(trainer.tensors()), [...Object.keys(lora.tensors), ...Object.keys(prompt.tensors)]);
    trainer.dispose();
  });

  it('are refused if both adapt the same part', () => {
    assert.throws(
      () => lossOf(lora, lora),
      /two adapters at once cannot both adapt 'model\.layers\.0\.self_attn\.q_proj'/,
    );
    assert.throws(() => lossOf(prompt, prompt), /cannot both adapt the prompt/);
  });
});
