import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const MB = 2 ** 20;
/** What host and planner may take over their start, for any workspace. */
const LIMIT_BYTES = 300 * MB;

/** A process with the planner's thread. It scans all files, then counts on each, and prints the memory it took. */
const CHILD = `
  import { readdirSync } from 'node:fs';
  import { WorkerClient } from './src/host/workerClient';
  const [script, folder, name, method] = process.argv.slice(2);
  const files = readdirSync(folder).map((each) => ({ path: folder + '/' + each + '/' + name }));
  const searched = { path: folder, prefix: '', excluded: [], followLinks: true };
  const page = { search: { revision: 1, folders: [searched] }, words: ['nothing'], rows: 500 };
  const start = process.memoryUsage.rss();
  const planner = new WorkerClient(script, console.error, {});
  const result = await planner.request(method, method === 'models/scan' ? { files, maxBytes: 32 * 2 ** 20 } : page);
  for (const { path } of files.slice(0, 10)) {
    const model = { kind: 'file', title: 'm', path };
    await planner.request('budget/adapter', { adapterConfig: { peft_type: 'LORA', target_modules: ['q'] }, model });
  }
  const most = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ took: most - start, found: result.facts?.filter(Boolean).length ?? result.total, unread: result.unread }));
  planner.dispose();
`;

interface Measured {
  readonly took: number;
  readonly found: number;
  readonly unread: number;
}

/** A text of `bytes` bytes that begins as a config does. */
function filled(bytes: number, piece: (index: number) => string, end: string): string {
  const pieces: string[] = [];
  for (let length = 100, i = 0; length < bytes; i++) {
    pieces.push(piece(i));
    length += pieces.at(-1)!.length;
  }
  return pieces.join('') + end;
}

const START = '{"model_type":"nobody_knows"';
const CONFIGS: Record<string, () => string> = {
  'lists without end': () => `${START},"x":${'['.repeat(4 * MB - 100)}`,
  objects: () => `${START},"x":[${filled(4 * MB, () => '{"a":1},', '0]}')}`,
  keys: () => START + filled(4 * MB, (i) => `,"k${i}":1`, '}'),
  'a large label map': () => `${START},"id2label":{${filled(4 * MB, (i) => `"${i}":"LABEL_${i}",`, '"x":"y"}}')}`,
};

describe('the memory of host and planner', () => {
  let folder: string;
  let child: string;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    child = path.join(folder, 'child.mjs');
    await build({
      stdin: { contents: CHILD, resolveDir: process.cwd(), loader: 'ts' },
      outfile: child,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** All folders share one file, so that hundreds of them take no time to write. */
  const workspace = (title: string, count: number, name: string, text: string, beside?: readonly [string, string]) => {
    const root = path.join(folder, title.replaceAll(' ', '-'));
    const originals = [[name, text], ...(beside ? [beside] : [])].map(([file = '', content = '']) => {
      const original = path.join(folder, `${path.basename(root)}.${file}`);
      writeFileSync(original, content);
      return [file, original] as const;
    });
    for (let i = 0; i < count; i++) {
      mkdirSync(path.join(root, String(i)), { recursive: true });
      for (const [file, original] of originals) linkSync(original, path.join(root, String(i), file));
    }
    return root;
  };

  const measure = async (root: string, name: string, method: string): Promise<Measured> => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      child,
      path.resolve('dist/planner.js'),
      root,
      name,
      method,
    ]);
    return JSON.parse(stdout) as Measured;
  };

  for (const [title, text] of Object.entries(CONFIGS)) {
    it(`stays within its limit on 60 configs of 4 MB: ${title}`, async () => {
      const { took, unread } = await measure(workspace(title, 60, 'config.json', text()), 'config.json', 'models/scan');
      assert.ok(took < LIMIT_BYTES, `${Math.round(took / MB)} MB`);
      assert.ok(unread >= 60 - 8 - 4, `${unread} were left out`);
    });
  }

  it('stays within its limit on 500 adapters with a name of 1 MB', async () => {
    const text = JSON.stringify({ peft_type: 'LORA', base_model_name_or_path: 'b'.repeat(MB - 100) });
    const root = workspace('adapters', 500, 'adapter_config.json', text);
    const { took, found, unread } = await measure(root, 'adapter_config.json', 'adapters/page');
    assert.ok(took < LIMIT_BYTES, `${Math.round(took / MB)} MB`);
    // The budget pays for the configs of 64 of them.
    assert.ok(found === 500 && unread > 400, `${found} found, ${unread} left out`);
  });

  it('stays within its limit on 500 indexes of 2 MB beside models of an unknown architecture', async () => {
    const entries = filled(
      2 * MB,
      (i) => `"layers.${i}.weight":"model-${i % 900}.safetensors",`,
      '"x":"y.safetensors"',
    );
    const index = ['model.safetensors.index.json', `{"weight_map":{${entries}}}`] as const;
    const root = workspace('indexes', 500, 'config.json', `${START}}`, index);
    const { took, found } = await measure(root, 'config.json', 'models/scan');
    assert.ok(took < LIMIT_BYTES, `${Math.round(took / MB)} MB`);
    assert.equal(found, 500);
  });
});
