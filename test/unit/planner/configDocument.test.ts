import { strict as assert } from 'node:assert';
import { MAX_JSON_DEPTH } from '../../../src/peftConfig/parseJson';
import { entryAt, readConfigDocument } from '../../../src/planner/configDocument';
import { NOWHERE, plannerCaller } from './plannerCaller';

const config = (value: string): string => `{"peft_type": "LORA", "x": ${value}}`;
const deep = (levels: number): string => config('['.repeat(levels) + ']'.repeat(levels));

describe('the text of an adapter_config.json', () => {
  it('may nest up to the limit', () => {
    assert.equal(readConfigDocument(deep(MAX_JSON_DEPTH - 1))?.config['peft_type'], 'LORA');
    assert.equal(readConfigDocument(deep(MAX_JSON_DEPTH)), null);
  });

  it('may hold any brackets in its strings', () => {
    const pattern = `${'['.repeat(1000)}\\"${'{'.repeat(1000)}`;
    assert.ok(readConfigDocument(config(`"${pattern}"`)));
  });

  it('is not read if its brackets nest too deep behind a string or comment that only a JSON parser would continue', () => {
    const many = 20_000;
    for (const [what, before] of [
      ['an open string that ends with its line', '"open\n'],
      ['a quote in a comment', '/* " */'],
      ['a quote in a comment up to the end of the line', '// "\n'],
      ['a text in single quotes', `'"\n`],
    ] as const) {
      for (const nest of ['[', '{"a":', '[}', '{"a":[}']) {
        const document = readConfigDocument(`{"peft_type": ${before}${nest.repeat(many)}`);
        assert.ok(document === null || entryAt(document, 100) !== undefined, `${what} before ${nest}`);
      }
    }
  });

  it('is explained whatever its values are', async () => {
    const call = plannerCaller();
    const hostile = '{"toString": 1, "valueOf": null}';
    const text = `{"peft_type": ${hostile}, "r": ${hostile}, "lora_alpha": [${hostile}], "modules_to_save": [${hostile}]}`;
    const explained: string[] = [];
    for (let offset = 0; offset < text.length; offset++) {
      const hover = await call('config/hover', { ...NOWHERE, text, weights: null, offset });
      if (hover) explained.push(hover.markdown);
    }
    assert.ok(explained.some((markdown) => markdown.includes('toString')));
  });
});
