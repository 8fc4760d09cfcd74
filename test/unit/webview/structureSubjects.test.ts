import { strict as assert } from 'node:assert';
import { loraSubjects } from '../../../webview-ui/inspector/data/loraSubjects';
import { structureLines, structureSubjects } from '../../../webview-ui/inspector/data/structureSubjects';
import { describeShapes } from '../checkpoint/describeFile';

const PATH = 'base_model.model.q';
const shown = (shapes: Readonly<Record<string, readonly number[]>>, config: object) => {
  const description = describeShapes(shapes, config);
  const info = description.lora[0]!;
  return { description, info, subjects: structureSubjects(description, info) };
};

describe('a LoKr module', () => {
  const { description, info, subjects } = shown(
    { [`${PATH}.lokr_w1`]: [2, 3], [`${PATH}.lokr_w2_a`]: [4, 2], [`${PATH}.lokr_w2_b`]: [2, 5] },
    { peft_type: 'LOKR', r: 2, alpha: 4 },
  );

  it('shows W1 and W2 in full, and their product, but no A and B', () => {
    assert.deepEqual(
      subjects.map(({ title, rows, columns, dtype, matrix }) => [title, rows, columns, dtype, matrix]),
      [
        ['W1', 2, 3, 'F32', { kind: 'factor', module: 'q', part: 'w1' }],
        ['W2', 4, 5, 'computed', { kind: 'factor', module: 'q', part: 'w2' }],
      ],
    );
    const { a, b, corner } = loraSubjects(description, info, 'delta', false, undefined);
    assert.deepEqual([a, b, corner!.rows, corner!.columns], [null, null, 8, 15]);
  });

  it('marks the entry of W1 and the entry of W2 whose product an entry is', () => {
    assert.deepEqual(structureLines(info, 6, 13), [
      { rows: [1], columns: [2] },
      { rows: [2], columns: [3] },
    ]);
  });
});

describe('a LoHa module', () => {
  it('shows its four factors, and marks a row of each left one and a column of each right one', () => {
    const names = ['w1_a', 'w1_b', 'w2_a', 'w2_b'];
    const { info, subjects } = shown(
      Object.fromEntries(names.map((name) => [`${PATH}.hada_${name}`, name.endsWith('a') ? [8, 2] : [2, 6]])),
      { peft_type: 'LOHA', r: 2, alpha: 4 },
    );
    assert.deepEqual(
      subjects.map(({ title, rows, columns }) => [title, rows, columns]),
      [
        ['W1a', 8, 2],
        ['W1b', 2, 6],
        ['W2a', 8, 2],
        ['W2b', 2, 6],
      ],
    );
    assert.deepEqual(structureLines(info, 7, 4), [{ rows: [7] }, { columns: [4] }, { rows: [7] }, { columns: [4] }]);
  });

  it('marks a column of a left factor that a kernel stores the other way round', () => {
    const { info } = shown(
      {
        ...Object.fromEntries(['1', '2'].map((n) => [`${PATH}.hada_t${n}`, [2, 2, 3, 3]])),
        ...Object.fromEntries(['1', '2'].map((n) => [`${PATH}.hada_w${n}_a`, [2, 8]])),
        ...Object.fromEntries(['1', '2'].map((n) => [`${PATH}.hada_w${n}_b`, [2, 4]])),
      },
      { peft_type: 'LOHA', r: 2, alpha: 4 },
    );
    assert.deepEqual(info.inFeatures, 36);
    assert.deepEqual(structureLines(info, 5, 10).slice(0, 2), [{ columns: [5] }, { columns: [1] }]);
  });
});

describe('a LoRA module', () => {
  it('has no structure, and is shown by A and B', () => {
    const { subjects } = shown(
      { [`${PATH}.lora_A.weight`]: [2, 6], [`${PATH}.lora_B.weight`]: [8, 2] },
      { peft_type: 'LORA', r: 2 },
    );
    assert.deepEqual(subjects, []);
  });
});
