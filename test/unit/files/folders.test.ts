import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { localFolders } from '../../../src/files/folders';

async function entriesOf(folder: string, enter = (id: string) => id !== ''): Promise<string[]> {
  const entries: string[] = [];
  await localFolders.read(folder, { enter, entry: (name, kind) => entries.push(`${name} ${kind}`) });
  return entries.sort();
}

describe('local folders', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(path.join(tmpdir(), 'peft-inspector-'));
    mkdirSync(path.join(root, 'a/b'), { recursive: true });
    writeFileSync(path.join(root, 'a/file'), '');
    symlinkSync(path.join(root, 'a'), path.join(root, 'a/link'));
    symlinkSync('nowhere', path.join(root, 'dangling'));
  });
  after(() => rmSync(root, { recursive: true }));

  it('have files, folders and links, whose targets are not looked up', async () => {
    assert.deepEqual(await entriesOf(path.join(root, 'a')), ['b folder', 'file file', 'link link']);
    assert.deepEqual(await entriesOf(root), ['a folder', 'dangling link']);
  });

  it('are the same for all paths that lead to them, and are left if they are not wanted', async () => {
    const ids: string[] = [];
    for (const folder of ['a', 'a/link', 'a/link/link', 'a/b'])
      assert.deepEqual(await entriesOf(path.join(root, folder), (id) => ids.push(id) < 0), []);
    assert.equal(ids.length, 4);
    assert.equal(new Set(ids).size, 2);
  });

  it('are empty if they are missing, are files, or cannot be read', async () => {
    for (const folder of ['missing', 'a/file', 'dangling'])
      assert.deepEqual(await entriesOf(path.join(root, folder)), []);
  });

  it('are read whole if they are so large that they are read in pieces', async () => {
    const large = path.join(root, 'large');
    mkdirSync(large);
    const name = (i: number): string => `${'x'.repeat(200)}${i}`;
    for (let i = 0; i < 3000; i++) writeFileSync(path.join(large, name(i)), '');
    const entries = await entriesOf(large);
    assert.deepEqual(entries, Array.from({ length: 3000 }, (_, i) => `${name(i)} file`).sort());
  });

  it('tell files from folders and from what is missing, through links', async () => {
    const isFile = (file: string): Promise<boolean> => localFolders.isFile(path.join(root, file));
    assert.deepEqual(await Promise.all(['a/file', 'a/link/file', 'a', 'dangling'].map(isFile)), [
      true,
      true,
      false,
      false,
    ]);
  });
});
