import { strict as assert } from 'node:assert';
import type { Cell } from '../../../src/protocol/matrix';
import { exactDecimal, placeNamed } from '../../../webview-ui/inspector/data/cellText';

const cell = (text: string, value: number, dtype: string): Cell => ({
  text,
  value,
  dtype,
  index: [0],
  row: null,
  column: null,
});

describe('the text of a cell', () => {
  it('gives the stored value to its last digit if the shortest text omits some', () => {
    assert.equal(exactDecimal(cell('-0.00124', -0.00124359130859375, 'BF16')), '-0.00124359130859375');
    assert.equal(exactDecimal(cell('0.1', Math.fround(0.1), 'F32')), '0.10000000149011612');
    assert.equal(exactDecimal(cell('0.5', 0.5, 'F32')), '');
    assert.equal(exactDecimal(cell('0.1', 0.1, 'F64')), '');
    assert.equal(exactDecimal(cell('NaN', NaN, 'F16')), '');
  });

  it('gives no number for a value that no double can hold', () => {
    assert.equal(exactDecimal(cell('9223372036854775807', 2 ** 63, 'I64')), '');
    assert.equal(exactDecimal(cell('1.5-2j', 1.5, 'C64')), '');
    assert.equal(exactDecimal(cell('true', 1, 'BOOL')), '');
  });
});

describe('a cell that a user enters', () => {
  const shape = { rows: 4096, columns: 11_008 };

  it('is understood in the forms in which it is shown, copied, or typed', () => {
    for (const text of [
      '1705, 4301',
      '[1705, 4301]',
      '1705 4301',
      ' 1705;4301 ',
      '1705x4301',
      '1,705, 4,301',
      '1,705 4,301',
    ]) {
      assert.deepEqual(placeNamed(text, shape), { row: 1705, column: 4301 }, text);
    }
    assert.deepEqual(placeNamed('12,345', shape), { row: 12, column: 345 });
  });

  it('is its column alone if there is one row', () => {
    assert.deepEqual(placeNamed('4301', { rows: 1, columns: 5000 }), { row: 0, column: 4301 });
    assert.deepEqual(placeNamed('4,301', { rows: 1, columns: 5000 }), { row: 0, column: 4301 });
  });

  it('is rejected outside the matrix, or if it is not a pair of numbers', () => {
    for (const text of [
      '',
      '1705',
      '4096, 0',
      '0, 11008',
      '-1, 0',
      '1.5, 2',
      'NaN, 0',
      '1e3, 0',
      '1, 2, 3',
      '__proto__',
      '9'.repeat(400),
    ]) {
      assert.equal(placeNamed(text, shape), null, text);
    }
  });
});
