import { strict as assert } from 'node:assert';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { f32Safetensors } from '../f32Safetensors';
import { runCaptured } from './runCaptured';
import type { ModuleReport } from '../../../src/cli/inspectModules';
import type { FindingsReport } from '../../../src/protocol/findings';

interface Inspected {
  readonly file: string;
  readonly format: string;
  readonly method: string | null;
  readonly baseModel: string | null;
  readonly parameters: number;
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: number[];
    readonly bytes: number;
  }[];
  readonly modules: readonly ModuleReport[];
  readonly unexplained: readonly unknown[];
  readonly problems: readonly { readonly severity: string; readonly message: string }[];
}

interface Checked {
  readonly ok: boolean;
  readonly problems: readonly { readonly severity: string; readonly code: string; readonly message: string }[];
  readonly scanned: { readonly tensors: number; readonly values: number };
}

const ADAPTERS = 'test/fixtures/adapters';
const SAVED = 'test/fixtures/peft_saved';

const safetensors = (
  shapes: Readonly<Record<string, readonly number[]>>,
  valueAt: (name: string, i: number) => number = (_, i) => Math.sin(i + 1),
): Buffer => f32Safetensors(shapes, valueAt);

const PAIR = {
  'base_model.model.layers.0.q_proj.lora_A.weight': [2, 4],
  'base_model.model.layers.0.q_proj.lora_B.weight': [4, 2],
};
const CONFIG = {
  peft_type: 'LORA',
  r: 2,
  lora_alpha: 4,
  target_modules: ['q_proj'],
  base_model_name_or_path: 'a/base',
};

describe('peft-inspector', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'peft-cli-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, content: string | Buffer): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const adapter = (content = safetensors(PAIR), config: object = CONFIG): string => {
    write('adapter_config.json', JSON.stringify(config));
    write('adapter_model.safetensors', content);
    return folder;
  };
  const inspect = async (target: string): Promise<Inspected> => {
    const { status, stdout, stderr } = await runCaptured(['inspect', target, '--json']);
    assert.deepEqual([status, stderr], [0, undefined]);
    return JSON.parse(stdout!) as Inspected;
  };
  const check = async (target: string): Promise<Checked & { readonly status: number }> => {
    const { status, stdout, stderr } = await runCaptured(['check', target, '--json']);
    assert.equal(stderr, undefined);
    return { status, ...(JSON.parse(stdout!) as Checked) };
  };

  describe('inspect', () => {
    it('reports format, method, tensors and modules, with the norms of the update that PEFT computes', async () => {
      const golden = JSON.parse(readFileSync(`${ADAPTERS}/deltas.json`, 'utf8')) as Record<
        string,
        Record<string, { norm: number }>
      >;
      for (const name of Object.keys(golden)) {
        const { modules, method, parameters, tensors, unexplained, format } = await inspect(`${ADAPTERS}/${name}`);
        assert.equal(format, 'safetensors (Hugging Face PEFT)');
        assert.notEqual(method, null);
        assert.deepEqual(unexplained, []);
        const total = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
        assert.equal(parameters, total);
        for (const [module, { norm }] of Object.entries(golden[name]!)) {
          const found = modules.find((report) => report.module === module)!;
          assert.ok(
            Math.abs(found.normDelta! - norm) <= 2e-5 * norm,
            `${name} ${module}: ${found.normDelta} is not ${norm}`,
          );
        }
      }
    });

    it('shows the same facts in the table', async () => {
      const { status, stdout } = await runCaptured(['inspect', adapter()]);
      assert.equal(status, 0);
      assert.match(stdout!, /^format: +safetensors \(Hugging Face PEFT\)$/m);
      assert.match(stdout!, /^method: +LORA$/m);
      assert.match(stdout!, /^base model: +a\/base$/m);
      assert.match(stdout!, /^dtypes: +F32 \(16\)$/m);
      assert.match(stdout!, /^layers\.0\.q_proj +LORA +2 +4 +2 +\d/m);
    });

    it('lists layer 2 before layer 10, whatever the order in the file', async () => {
      const layer = (number: number): Record<string, number[]> => ({
        [`base_model.model.layers.${number}.q_proj.lora_A.weight`]: [2, 4],
        [`base_model.model.layers.${number}.q_proj.lora_B.weight`]: [4, 2],
      });
      const file = write('adapter_model.safetensors', safetensors({ ...layer(10), ...layer(2) }));
      const { stdout } = await runCaptured(['inspect', file]);
      assert.match(stdout!, /layers\.2\.q_proj[^]*layers\.10\.q_proj/);
    });

    it('prefers an adapter to an index, and an index to a single checkpoint, in a folder', async () => {
      const base = safetensors({ 'model.norm.weight': [4] });
      write('model-00001-of-00001.safetensors', base);
      write('model.safetensors', base);
      assert.match((await inspect(folder)).file, /model\.safetensors$/);
      write(
        'model.safetensors.index.json',
        JSON.stringify({ metadata: {}, weight_map: { 'model.norm.weight': 'model-00001-of-00001.safetensors' } }),
      );
      const index = await inspect(folder);
      assert.match(index.file, /model\.safetensors\.index\.json$/);
      assert.deepEqual([index.parameters, index.method], [4, null]);
      const found = await inspect(adapter());
      assert.match(found.file, /adapter_model\.safetensors$/);
      assert.ok(found.problems.some(({ message }) => /other checkpoints, which are not read/.test(message)));
      assert.equal((await inspect(path.join(folder, 'adapter_config.json'))).file, found.file);
    });

    it('opens the only adapter in a subfolder that PEFT created, and refuses to choose among several', async () => {
      cpSync(`${SAVED}/lora`, path.join(folder, 'german'), { recursive: true });
      assert.equal((await inspect(folder)).modules.length, 6);
      cpSync(`${SAVED}/lora`, path.join(folder, 'polish'), { recursive: true });
      const { status, stderr } = await runCaptured(['inspect', folder]);
      assert.equal(status, 2);
      assert.match(stderr!, /several adapters.*german.*polish/);
    });

    it('refuses a file that it cannot read in one line, with exit status 2', async () => {
      const pickle = Buffer.from([0x80, 2, 0x7d, 0x71, 0, 0x2e]);
      const refused: readonly (readonly [string, RegExp])[] = [
        [path.join(folder, 'nope\n\u001b[31m.safetensors'), /no such file/],
        [write('empty.safetensors', ''), /empty/],
        [write('short.safetensors', 'abc'), /./],
        [write('page.safetensors', '<!doctype html><html></html>'), /web page/],
        [write('adapter_model.bin', pickle), /pickle.*safetensors\.torch\.save_file/],
        [write('torn.pt', 'nothing'), /pickle.*safetensors\.torch\.save_file/],
        [write('pickles/adapter_model.bin', pickle).replace(/\/[^/]+$/, ''), /pickle.*safetensors\.torch\.save_file/],
        [write('nothing/readme.md', 'x').replace(/\/[^/]+$/, ''), /no \.safetensors/],
        [write('lies.safetensors', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x7b])), /./],
      ];
      for (const command of ['inspect', 'check']) {
        for (const [target, message] of refused) {
          const { status, stdout, stderr } = await runCaptured([command, target]);
          assert.deepEqual([status, stdout], [2, undefined], target);
          assert.match(stderr!, message);
          assert.doesNotMatch(stderr!, /[\n\u001b]/, 'one line without control characters');
        }
      }
    });

    it('computes no product for a bias that is saved with its module', async () => {
      const file = write(
        'adapter_model.safetensors',
        safetensors({ ...PAIR, 'base_model.model.layers.0.q_proj.base_layer.bias': [4] }),
      );
      write('adapter_config.json', JSON.stringify({ ...CONFIG, bias: 'lora_only' }));
      const { modules } = JSON.parse((await runCaptured(['inspect', file, '--json'])).stdout!) as Inspected;
      assert.deepEqual(
        modules.map(({ module, method, rank }) => [module, method, rank]),
        [
          ['layers.0.q_proj', 'LORA', 2],
          ['layers.0.q_proj', 'SAVED', null],
        ],
      );
      assert.ok(modules[0]!.normDelta! > 0);
      assert.deepEqual([modules[1]!.normDelta, modules[1]!.scaling], [null, null]);
    });

    it('escapes control characters in names from the file', async () => {
      const name = 'a\u001b[2J\u202egpj.\u0007__proto__\n<img src=x>';
      const file = write(
        'model.safetensors',
        safetensors({ [name]: [2], __proto__x: [1], [`${'x'.repeat(10_000)}`]: [1] }),
      );
      const { stdout } = await runCaptured(['inspect', file]);
      assert.doesNotMatch(stdout!, /[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
      assert.match(stdout!, /a\\u\{1b\}\[2J\\u\{202e\}gpj/);
      const json = (await runCaptured(['inspect', file, '--json'])).stdout!;
      assert.doesNotMatch(json, /[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
      assert.equal((JSON.parse(json) as Inspected).tensors[0]!.name, name);
    });

    it('reads the files of every method that PEFT saved', async () => {
      for (const name of readdirSync(SAVED)) {
        const { unexplained, method } = await inspect(`${SAVED}/${name}`);
        assert.deepEqual(unexplained, [], name);
        assert.notEqual(method, null, name);
      }
    });
  });

  describe('check', () => {
    it('exits with 0 and reads every value if nothing is wrong', async () => {
      const { status, ok, problems, scanned } = await check(adapter());
      assert.deepEqual([status, ok, problems, scanned], [0, true, [], { tensors: 2, values: 16 }]);
      assert.match((await runCaptured(['check', folder])).stdout!, /: no problems \(2 tensors, 16 values read\)$/);
    });

    const faults: readonly (readonly [string, string, () => string])[] = [
      [
        'NaN',
        'non-finite',
        () => adapter(safetensors(PAIR, (name, i) => (name.includes('lora_B') && i === 7 ? NaN : i + 1))),
      ],
      ['an infinite value', 'non-finite', () => adapter(safetensors(PAIR, (_, i) => (i === 3 ? -Infinity : i + 1)))],
      [
        'a B of all zeros',
        'dead-product',
        () => adapter(safetensors(PAIR, (name, i) => (name.includes('lora_B') ? -0 : i))),
      ],
      [
        'a missing factor',
        'structure',
        () => adapter(safetensors({ 'base_model.model.q_proj.lora_A.weight': [2, 4] })),
      ],
      ["a rank that differs from the config's", 'structure', () => adapter(safetensors(PAIR), { ...CONFIG, r: 8 })],
      ['an alpha of zero', 'scaling', () => adapter(safetensors(PAIR), { ...CONFIG, lora_alpha: 0 })],
      ['a negative alpha', 'scaling', () => adapter(safetensors(PAIR), { ...CONFIG, lora_alpha: -8 })],
      [
        'a target that matches no module',
        'target',
        () => adapter(safetensors(PAIR), { ...CONFIG, target_modules: ['q_proj', 'V'] }),
      ],
      [
        'a saved module that is missing',
        'target',
        () => adapter(safetensors(PAIR), { ...CONFIG, modules_to_save: ['lm_head'] }),
      ],
      [
        'an unexplained tensor',
        'structure',
        () => adapter(safetensors({ ...PAIR, 'base_model.model.layers.0.odd': [3] })),
      ],
      [
        'factors that do not fit together',
        'structure',
        () => adapter(safetensors({ ...PAIR, 'base_model.model.layers.0.q_proj.lora_B.weight': [4, 3] })),
      ],
      ['a truncated file', 'structure', () => adapter(safetensors(PAIR).subarray(0, -8))],
      ['trailing bytes', 'structure', () => adapter(Buffer.concat([safetensors(PAIR), Buffer.alloc(4)]))],
    ];
    for (const [what, code, make] of faults) {
      it(`exits with 1 for ${what}`, async () => {
        const { status, ok, problems } = await check(make());
        assert.deepEqual([status, ok], [1, false]);
        assert.ok(
          problems.some((found) => found.code === code && found.severity !== 'info'),
          JSON.stringify(problems),
        );
      });
    }

    it('does not report a target that the config also excludes', async () => {
      const config = { ...CONFIG, target_modules: ['q_proj', 'k_proj'], exclude_modules: ['k_proj'] };
      assert.equal((await check(adapter(safetensors(PAIR), config))).status, 0);
    });

    it('reports a duplicate key', async () => {
      const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
      const json = Buffer.from(`{"a":${entry},"a":${entry}}`);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(json.length));
      const { status, problems } = await check(write('x.safetensors', Buffer.concat([length, json, Buffer.alloc(4)])));
      assert.equal(status, 1);
      assert.ok(
        problems.some(({ message }) => /twice|duplicate/i.test(message)),
        JSON.stringify(problems),
      );
    });

    it('gives untrained modules their own severity and counts them', async () => {
      const shapes = {
        ...PAIR,
        'base_model.model.layers.1.q_proj.lora_A.weight': [2, 4],
        'base_model.model.layers.1.q_proj.lora_B.weight': [4, 2],
      };
      const { problems } = await check(
        adapter(safetensors(shapes, (name, i) => (name.includes('layers.1') && name.includes('lora_B') ? 0 : i + 1))),
      );
      const faults = problems.filter(({ severity }) => severity !== 'info');
      assert.deepEqual(
        faults.map(({ severity }) => severity),
        ['untrained'],
      );
      assert.match(
        faults[0]!.message,
        /^1 of 2 modules change nothing and were never trained: B is all zero in 'layers\.1\.q/,
      );
    });

    it('gives each finding a code, a level, what, why and what to do, and says what was not read', async () => {
      const file = adapter(safetensors(PAIR, (name, i) => (name.includes('lora_B') && i === 1 ? NaN : Math.sin(i))));
      const { findings, read, notCovered } = JSON.parse((await runCaptured(['check', file, '--json'])).stdout!) as Pick<
        FindingsReport<string>,
        'read' | 'notCovered'
      > & { readonly findings: readonly object[] };
      assert.deepEqual(findings, [
        {
          code: 'nonfinite',
          level: 'error',
          modules: ['layers.0.q_proj'],
          tensors: ['base_model.model.layers.0.q_proj.lora_B.weight'],
          value: 1,
          heuristic: false,
          what: "'base_model.model.layers.0.q_proj.lora_B.weight' holds 1 NaN among 8; the first is at [0, 1].",
          why: 'One NaN or infinity makes the output of its module NaN, and with it that of the model.',
          do: 'Take an earlier checkpoint, or train again with a lower learning rate or in bf16 instead of fp16.',
        },
      ]);
      assert.equal(read, 'all');
      assert.ok(
        notCovered.some((text) => text.startsWith('The base model')),
        JSON.stringify(notCovered),
      );
      const { stdout } = await runCaptured(['check', file]);
      assert.match(stdout!, /^error: .* holds 1 NaN among 8; .*\n {2}One NaN .*\nnot checked: /);
    });

    it('does not fail a file for a heuristic, and prints its threshold', async () => {
      const values = [1, 0, 0, 0, 0, 1e-3, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0];
      const file = adapter(safetensors(PAIR, (_, i) => values[i] ?? 0));
      const { status, stdout } = await runCaptured(['check', file]);
      assert.equal(status, 0);
      assert.match(stdout!, /^info: The largest singular value .* \(heuristic: threshold 0\.9\)$/m);
    });

    it('finds NaN in every slice of a tensor of any rank', async () => {
      const file = write(
        'model.safetensors',
        safetensors({ experts: [3, 4, 5, 2] }, (_, i) => (i === 119 ? NaN : 1)),
      );
      const { status, scanned } = await check(file);
      assert.deepEqual([status, scanned.values], [1, 120]);
    });
  });
});
