import { strict as assert } from 'node:assert';
import { METHOD_KEYS } from '../../../src/peftConfig/methodKeys';
import { methodName } from '../../../src/text/methodNames';

describe('the names of methods', () => {
  it('are spelled as in their papers, each with one name', () => {
    assert.deepEqual(['LORA', 'IA3', 'VBLORA', 'P_TUNING'].map(methodName), ['LoRA', '(IA)³', 'VB-LoRA', 'P-tuning']);
    const names = Object.keys(METHOD_KEYS).map(methodName);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.every((name) => !name.includes('_')));
  });

  it('are the types themselves for types that PEFT does not have', () => {
    assert.equal(methodName('SOMETHING_NEW'), 'SOMETHING_NEW');
    assert.equal(methodName('constructor'), 'constructor');
  });
});
