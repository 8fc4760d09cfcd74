import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { nodeFiles } from '../../../src/files/nodeFile';
import { openCheckpoint } from '../../../src/matrices/openCheckpoint';
import { METHOD_KEYS } from '../../../src/peftConfig/methodKeys';
import type { SourceDescription } from '../../../src/protocol/source';
import { runCaptured } from '../cli/runCaptured';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const MODULE = 'base_model.model.model.layers.0.self_attn.q_proj';
/** Far deeper than the stack of any runtime. */
const DEEP = 200_000;
const nested = (open: string, inner: string, close: string): string => open.repeat(DEEP) + inner + close.repeat(DEEP);

function writeWeights(module: string, metadata?: Readonly<Record<string, string>>): string {
  const header = {
    ...(metadata && { __metadata__: metadata }),
    [`${module}.lora_A.weight`]: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
    [`${module}.lora_B.weight`]: { dtype: 'F32', shape: [2, 1], data_offsets: [8, 16] },
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = path.join(folder, 'adapter_model.safetensors');
  writeFileSync(file, Buffer.concat([length, json, Buffer.alloc(16, 1)]));
  return file;
}

async function described(file: string): Promise<SourceDescription> {
  const source = await openCheckpoint(nodeFiles, file);
  await source.close();
  return source.description;
}

/** Puts something in the place of the config. It may skip the test where the system lacks it. */
type Put = (config: string, context: Mocha.Context) => void;

const linkTo =
  (target: string): Put =>
  (config, context) => {
    if (!existsSync(target)) context.skip();
    symlinkSync(target, config);
  };

const UNUSED: readonly (readonly [name: string, put: string | Put, problem: RegExp])[] = [
  ['nested lists in a key', `{"r": 1, "rank_pattern": ${nested('[', '', ']')}}`, /nests deeper than 128 levels/],
  ['nested lists alone', nested('[', '', ']'), /nests deeper/],
  ['nested objects', nested('{"a":', '1', '}'), /nests deeper/],
  ['lists that are never closed', '['.repeat(DEEP), /nests deeper/],
  ['a list', '[1, 2]', /not a JSON object/],
  ['a number', '42', /not a JSON object/],
  ['a string', '"LORA"', /not a JSON object/],
  ['null', 'null', /not a JSON object/],
  ['nothing', '', /JSON/],
  ['NaN in lower case', '{"r": nan}', /JSON/],
  ['a web page', '<!doctype html>', /JSON/],
  ['UTF-16', '\u00ff\u00fe{\u0000}\u0000', /JSON/],
  ['more bytes than the limit', `{"r": 1, "x": "${'x'.repeat(10 << 20)}"}`, /more than 10485760 bytes/],
  ['a directory', (config) => mkdirSync(config), /not a file but a directory/],
  [
    'a pipe without a writer',
    (config, context) => {
      if (spawnSync('mkfifo', [config]).status !== 0) context.skip();
    },
    /not a file but a pipe/,
  ],
  ['a link to an endless file', linkTo('/proc/self/pagemap'), /more than 10485760 bytes/],
  ['a link to an endless device', linkTo('/dev/zero'), /not a file but a device/],
  ['a dangling link', (config) => symlinkSync('missing', config), /no such file/],
  ['a link to itself', (config) => symlinkSync('adapter_config.json', config), /in a circle/],
  [
    'a file without permission',
    (config, context) => {
      writeFileSync(config, '{"r": 1}');
      chmodSync(config, 0);
      // An administrator reads it all the same.
      if (process.getuid?.() === 0 || process.platform === 'win32') context.skip();
    },
    /permission denied/,
  ],
];

describe('good weights beside a bad config', () => {
  for (const [name, put, problem] of UNUSED)
    it(`are shown, with a problem: ${name}`, async function () {
      const file = writeWeights(MODULE);
      const config = path.join(folder, 'adapter_config.json');
      if (typeof put === 'string') writeFileSync(config, put);
      else put(config, this);
      const { lora, problems } = await described(file);
      assert.deepEqual([lora.length, lora[0]?.rank], [1, 1]);
      const [unused] = problems.filter(({ message }) => message.startsWith('adapter_config.json is not used: '));
      assert.match(unused?.message ?? '', problem);
      assert.ok(!problems.some(({ message }) => message.includes('says')), 'a config that is not used says nothing');
      for (const command of ['inspect', 'check']) {
        const { stdout } = await runCaptured([command, file]);
        assert.match(stdout!, /adapter_config\.json is not used/, command);
      }
      const model = ['--model', 'llama-2-7b', '--adapter', config];
      for (const command of ['budget', 'memory']) {
        const { status, stdout } = await runCaptured([command, ...model]);
        assert.deepEqual([status, stdout], [1, undefined], command);
      }
    });

  it('are shown whatever the type of each key', async () => {
    const file = writeWeights(MODULE);
    const keys = ['peft_type', 'lora_parameters', ...new Set(Object.values(METHOD_KEYS).flatMap(Object.keys))];
    const values = ['null', 'true', '-1', '0', '1e999', '1e-9', '""', '"LORA"', '[]', '[[]]', '[null]', '[{}]', '{}']
      .concat(['{"": ""}', '{"q_proj": {}}', '{"__proto__": 1}', '[1, "a", null]', nested('', '"x"', '')])
      .concat('['.repeat(100) + ']'.repeat(100));
    for (const value of values) {
      const all = Object.fromEntries(keys.map((key) => [key, 0]));
      const text = JSON.stringify(all).replaceAll(':0', `:${value}`);
      writeFileSync(path.join(folder, 'adapter_config.json'), text);
      assert.equal((await described(file)).lora.length, 1, value);
    }
  });

  it('are shown with a problem if the config in their metadata is bad', async () => {
    for (const text of [nested('[', '', ']'), `{"a.r": ${nested('[', '', ']')}}`, '[]', '{', '']) {
      const { lora, problems } = await described(writeWeights(MODULE, { lora_adapter_metadata: text }));
      assert.equal(lora.length, 1);
      assert.ok(problems.some(({ message }) => message.startsWith("metadata 'lora_adapter_metadata' is not used")));
    }
  });
});

describe('names of 200,000 dots', () => {
  for (const module of ['a.'.repeat(DEEP), '.'.repeat(DEEP), `${'0.'.repeat(DEEP)}q_proj`])
    it(`are shown: ${module.slice(0, 4)}…`, async () => {
      const file = writeWeights(module);
      writeFileSync(path.join(folder, 'adapter_config.json'), '{"r": 1, "target_modules": ["q_proj"]}');
      assert.equal((await described(file)).tensors.length, 2);
      assert.equal((await runCaptured(['inspect', file])).status, 0);
    });
});
