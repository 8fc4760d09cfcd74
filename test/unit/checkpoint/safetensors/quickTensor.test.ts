import { strict as assert } from 'node:assert';
import { QuickTensor } from '../../../../src/checkpoint/safetensors/quickTensor';
import { parseSafetensorsHeader } from '../../../../src/checkpoint/safetensors/safetensorsHeader';
import { atOnce } from '../../../../src/checkpoint/steps';
import type { SafetensorsHeader } from '../../../../src/checkpoint/safetensors/safetensorsHeader';

const parse = (text: string, dataBytes: number): SafetensorsHeader => {
  const bytes = new TextEncoder().encode(text);
  return atOnce(parseSafetensorsHeader(bytes, 8 + bytes.length + dataBytes));
};

describe('a tensor entry in the usual spelling', () => {
  it('is read like one in any other spelling', () => {
    const spellings = [
      '{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}',
      '{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}',
      ' { "dtype" : "F32" , "shape" : [ 2 , 3 ] , "data_offsets" : [ 0 , 24 ] } ',
      '{"shape":[2,3],"dtype":"F32","data_offsets":[0,24]}',
      '{"dtype":"F32","shape":[2,3],"data_offsets":[0,24],"more":{"x":[1]}}',
      '{\n\t"dtype": "F32",\r\n"shape": [2,\n3], "data_offsets": [0, 24]}',
      '{"dtype":"\\u004632","shape":[2,3],"data_offsets":[0,24]}',
    ];
    for (const spelling of spellings) {
      const { tensors, errors } = parse(`{"a":${spelling},"b":{"dtype":"U8","shape":[],"data_offsets":[24,25]}}`, 25);
      assert.deepEqual(errors, [], spelling);
      assert.deepEqual(tensors, [
        { name: 'a', dtype: 'F32', shape: [2, 3], begin: 0, end: 24, readable: true },
        { name: 'b', dtype: 'U8', shape: [], begin: 24, end: 25, readable: true },
      ]);
    }
  });

  it('is left to the slower reader if any character differs', () => {
    const field = '{"dtype":"BF16","shape":[2,3],"data_offsets":[10,22]}';
    const quick = new QuickTensor();
    assert.equal(quick.read(field, 0), field.length);
    const values = /[0-9]/;
    for (let at = 0; at < field.length; at++) {
      for (const character of ['', 'x', '"', '{', '[', ']', '-', '.', 'e']) {
        const changed = field.slice(0, at) + character + field.slice(at + 1);
        if (changed === field || (character === '' && values.test(field[at]!))) continue;
        const after = quick.read(changed, 0);
        let parsed: unknown;
        try {
          parsed = after < 0 ? null : JSON.parse(changed.slice(0, after));
        } catch {
          assert.fail(`${changed} was read as JSON`);
        }
        assert.ok(after < 0 || after === changed.length, `${changed}: ${JSON.stringify(parsed)}`);
      }
    }
    for (const number of ['01', '-1', '1.0', '1e3', '1234567890123456', '', '+1']) {
      assert.equal(quick.read(`{"dtype":"BF16","shape":[${number},2],"data_offsets":[10,22]}`, 0), -1, number);
    }
  });

  it('is reported by name if its dtype is unknown, also after one with a known dtype', () => {
    const tensor = (dtype: string, begin: number): string =>
      `{"dtype":"${dtype}","shape":[1],"data_offsets":[${begin},${begin + 4}]}`;
    const { errors, tensors } = parse(
      `{"a":${tensor('F32', 0)},"b":${tensor('F3', 4)},"c":${tensor('F321', 8)},"d":${tensor('F32', 12)}}`,
      16,
    );
    assert.deepEqual(
      tensors.map(({ dtype, readable }) => [dtype, readable]),
      [
        ['F32', true],
        ['F3', false],
        ['F321', false],
        ['F32', true],
      ],
    );
    assert.match(errors[0]!.message, /'b': dtype 'F3' is not a dtype/);
    assert.match(errors[1]!.message, /'c': dtype 'F321' is not a dtype/);
  });
});
