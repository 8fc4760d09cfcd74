import { strict as assert } from 'node:assert';
import { compareNames, inNameOrder } from '../../../src/text/nameOrder';
import { NameShortener, shortenedName, shortNames, withinCharacters } from '../../../src/text/shortNames';

describe('the order of names', () => {
  it('compares numbers as numbers, anywhere in a name', () => {
    const names = ['h.10.q', 'h.2.q', 'h.2.k', 'h.1.q', 'h.11.q', 'h.0.q'];
    assert.deepEqual(
      inNameOrder(names, (name) => name),
      ['h.0.q', 'h.1.q', 'h.2.k', 'h.2.q', 'h.10.q', 'h.11.q'],
    );
    assert.deepEqual(['a_10', 'a_9', 'a_08'].sort(compareNames), ['a_08', 'a_9', 'a_10']);
  });

  it('is that of a numeric collator for names of models', () => {
    const { compare } = new Intl.Collator('en', { numeric: true });
    const names = Array.from(
      { length: 300 },
      (_, i) => `model.layers.${(i * 7919) % 101}.mlp.experts.${i % 13}.up_proj`,
    );
    assert.deepEqual([...new Set(names)].sort(compareNames), [...new Set(names)].sort(compare));
  });

  it('never calls two different names equal', () => {
    for (const [a, b] of [
      ['A', 'a'],
      ['x.01', 'x.1'],
    ] as const) {
      assert.notEqual(compareNames(a, b), 0);
      assert.equal(compareNames(a, b), -compareNames(b, a));
    }
  });
});

describe('shortened names', () => {
  const tensors = [0, 1, 10].flatMap((layer) =>
    ['self_attn.q_proj.lora_A', 'self_attn.v_proj.lora_A', 'self_attn.q_proj.lora_B'].map(
      (rest) => `base_model.model.model.layers.${layer}.${rest}.weight`,
    ),
  );

  it('stay whole where they fit', () => {
    assert.deepEqual(shortNames(tensors, withinCharacters(100)), tensors);
  });

  it('lose the segments that all names share first, from the middle outwards', () => {
    assert.equal(
      new NameShortener(tensors).shorten(tensors[6]!, withinCharacters(52)),
      'base_model.model.model…10…q_proj.lora_A.weight',
    );
  });

  for (const room of [44, 36, 30, 26]) {
    it(`differ wherever the names do, with room for ${room} characters`, () => {
      const short = shortNames(tensors, withinCharacters(room));
      assert.equal(new Set(short).size, tensors.length, short.join('\n'));
      assert.ok(short.every((text) => text.length <= room));
    });
  }

  it("keep the numbers and the ends of kohya's names", () => {
    const names = [0, 12].flatMap((block) =>
      ['attn1_to_q', 'ff_net_0_proj'].map((rest) => `lora_unet_input_blocks_4_1_transformer_blocks_${block}_${rest}`),
    );
    const short = shortNames(names, withinCharacters(28));
    assert.equal(new Set(short).size, names.length, short.join('\n'));
    assert.ok(short[2]!.includes('12') && short[2]!.endsWith('to_q'), short[2]);
  });

  it('of files keep the folder that differs', () => {
    const files = ['runs', 'old-runs'].map((folder) => `/home/someone/experiments/${folder}/adapter_model.safetensors`);
    const short = shortNames(files, withinCharacters(40));
    assert.match(short[0]!, /[/…]runs/);
    assert.match(short[1]!, /old-runs/);
  });

  it('keep the start and the end of a single name', () => {
    assert.equal(shortenedName('abcdefghij', withinCharacters(7)), 'abc…hij');
    assert.equal(shortenedName('abc', withinCharacters(1)), '…');
    assert.equal(new NameShortener(['abcdefghij']).shorten('abcdefghij', withinCharacters(5)), 'ab…ij');
  });
});
