import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { EditorRequests } from '../../../src/protocol/worker';
import { MAX_EDITOR_FILE_BYTES, editorBeside, editorFiles } from '../../../src/files/editorFiles';
import type { AskEditor } from '../../../src/files/editorFiles';
import { nodeFiles } from '../../../src/files/nodeFile';
import { routedFiles } from '../../../src/files/routedFiles';
import { fixturePath } from '../checkpoint/fixtures';
import { jobCaller } from '../worker/jobContext';

/** An editor with these files, by URI. It records its requests. */
function editor(
  files: Readonly<Record<string, Uint8Array>>,
  sizes: Readonly<Record<string, number>> = {},
): { ask: AskEditor; asked: string[] } {
  const asked: string[] = [];
  const handlers: EditorRequests = {
    'file/read': ({ uri, limit }) => {
      asked.push(uri);
      const bytes = files[uri];
      if (!bytes) throw Object.assign(new Error(`EntryNotFound: ${uri}`), { code: 'FileNotFound' });
      const size = sizes[uri] ?? bytes.length;
      return { bytes: size > limit ? null : Uint8Array.from(bytes), size, modified: 7 };
    },
    'file/names': () => Object.keys(files).map((uri) => uri.slice(uri.lastIndexOf('/') + 1)),
    'redirect/allow': () => assert.fail('asked'),
    'hub/token': () => null,
  };
  const ask = (async (method: keyof EditorRequests, params: never) => handlers[method](params)) as AskEditor;
  return { ask, asked };
}

const never = (): never => assert.fail('asked for');
const URI = 'vscode-vfs://github/owner/repo/lora%20one/adapter_model.safetensors';

describe('a file that only the editor can read', () => {
  it('opens like a file on disk, including the config in the same folder', async () => {
    const saved = (name: string): Uint8Array => readFileSync(fixturePath('peft_saved', 'lora', name));
    const beside = 'vscode-vfs://github/owner/repo/lora%20one/adapter_config.json';
    const { ask, asked } = editor({
      [URI]: saved('adapter_model.safetensors'),
      [beside]: saved('adapter_config.json'),
    });
    const call = jobCaller(routedFiles(nodeFiles, () => ({ remote: never as never, editor: editorFiles(ask) })));
    const { description } = await call('checkpoint/open', { path: URI });
    assert.deepEqual(asked, [URI, beside]);
    assert.equal(description.title, 'lora one/adapter_model.safetensors');
    assert.equal(description.file!.modified, 7);
    const onDisk = await call('checkpoint/open', {
      path: fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'),
    });
    assert.deepEqual(description.lora, onDisk.description.lora);
    assert.deepEqual(description.problems, []);
    await call.closeAll();
  });

  it('is refused above the limit, with advice', async () => {
    const { ask } = editor({ [URI]: new Uint8Array(8) }, { [URI]: MAX_EDITOR_FILE_BYTES + 1 });
    await assert.rejects(editorFiles(ask).open(URI), {
      code: 'TooLarge',
      message: /268435457 bytes.*Copy it to a local folder/,
    });
    assert.equal(await editorFiles(ask).readBeside(URI, 'missing.json', 10), null);
  });

  it('has neighbours in its folder, from the same commit if git shows it', () => {
    assert.equal(editorBeside('untitled:a.safetensors', 'b'), 'untitled:b');
    assert.equal(editorBeside('memfs:/x/a?k=v#f', 'b c'), 'memfs:/x/b%20c');
    const git = `git:/r/x/a.safetensors?${encodeURIComponent('{"path":"/r/x/a.safetensors","ref":"~"}')}`;
    assert.equal(decodeURIComponent(editorBeside(git, 'b.json')), 'git:/r/x/b.json?{"path":"/r/x/b.json","ref":"~"}');
    assert.throws(() => editorBeside(URI, '../../b'), { code: 'Unreadable' });
  });
});

describe('the route to a file', () => {
  it('is local without a scheme, and loads no other code', async () => {
    const files = routedFiles(nodeFiles, never);
    for (const path of ['/missing', 'missing', 'C:\\missing', './hf:x', '/https://x']) {
      await assert.rejects(files.open(path), { code: 'Unreadable', message: /no such file/ }, path);
    }
  });

  it('depends on the scheme otherwise', async () => {
    const via = (name: string): never => ({ open: async () => name }) as never;
    const files = routedFiles(nodeFiles, () => ({ remote: via('remote'), editor: via('editor') }));
    for (const path of ['http://x/a', 'HTTPS://x/a', 'hf://o/r/a'])
      assert.equal(await files.open(path), 'remote', path);
    for (const path of ['git:/a', 'untitled:a', 'vscode-vfs://github/a', 'memfs:/a'])
      assert.equal(await files.open(path), 'editor', path);
  });
});
