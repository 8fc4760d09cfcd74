import { strict as assert } from 'node:assert';
import { unpackDescription } from '../../../src/protocol/packedDescription';
import { packDescription } from '../../../src/worker/packDescription';
import type { SourceDescription } from '../../../src/protocol/source';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';
import { describedDemo } from '../../../src/worker/demo';
import type { MatrixSource } from '../../../src/matrices/matrixSource';
import { nodeFiles } from '../../../src/files/nodeFile';
import { fixturePath } from '../checkpoint/fixtures';

/** Drops undefined fields, which JSON cannot express. */
function asSent(description: SourceDescription): unknown {
  return JSON.parse(JSON.stringify({ ...description, trainings: undefined }));
}

async function openSmall(): Promise<{ source: MatrixSource; description: SourceDescription }> {
  const source = await openCheckpoint(
    nodeFiles,
    fixturePath('peft_saved', 'lora_default', 'adapter_model.safetensors'),
  );
  return { source, description: source.description };
}

describe('a packed description', () => {
  it('unpacks to the same description of a checkpoint', async () => {
    const { source } = await openSmall();
    const unpacked = await unpackDescription(await packDescription(source.description));
    assert.deepEqual(unpacked, asSent(source.description));
    assert.equal(unpacked.lora.length, 4);
    await source.close();
  });

  it('keeps the losses of the trainings in float64', async () => {
    const { description } = await describedDemo({ seed: 5, trainingSteps: 20 }, null);
    const { trainings, ...others } = await unpackDescription(await packDescription(description));
    assert.deepEqual(others, asSent(description));
    for (const { loss } of Object.values(trainings!)) assert.ok(loss instanceof Float64Array);
    assert.deepEqual(trainings, description.trainings);
  });

  it('takes a tenth of the bytes for a model with thousands of tensors, and unpacks completely', async () => {
    const { source, description: small } = await openSmall();
    const tensors = Array.from({ length: 5000 }, (_, i) => ({
      ...small.tensors[0]!,
      name: `model.layers.${i}.mlp.up_proj.weight`,
    }));
    const description = { ...small, tensors };
    const packed = await packDescription(description);
    assert.ok(
      packed.gzipped && packed.json.length < JSON.stringify(description).length / 10,
      String(packed.json.length),
    );
    assert.deepEqual(await unpackDescription(packed), asSent(description));
    await source.close();
  });

  it('holds names that are not well-formed, and one that is a key of every object', async () => {
    const names = ['__proto__', 'a\ud800b', '\u202egnol', '\0'];
    const tensors = names.map((name) => ({ name, dtype: 'F32', shape: [1], bytes: 4, readable: true }));
    const description: SourceDescription = {
      kind: 'checkpoint',
      title: '',
      method: null,
      config: [['__proto__', 'x']],
      parameters: 4,
      tensors,
      lora: [],
      bottlenecks: [],
      prefixes: [],
      prompts: [],
      problems: [],
    };
    assert.deepEqual(await unpackDescription(await packDescription(description)), description);
  });
});
