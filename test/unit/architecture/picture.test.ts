import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { ARROWS } from './arrows';

const FILES = /\.ts$/;
/** The rooms of the picture: those below src, and the webviews, which import the protocol and the texts. */
const ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ...Object.entries(ARROWS).filter(([room]) => !FILES.test(room)),
  ['webview-ui', ['protocol', 'text']] as const,
]);

/** All rooms that a room reaches, directly or through others. */
function reached(room: string): Set<string> {
  const found = new Set<string>();
  for (const next of ROOMS.get(room) ?? []) for (const each of [next, ...reached(next)]) found.add(each);
  return found;
}

/** The arrows that no path through another room implies. */
function drawn(): string[] {
  return [...ROOMS].flatMap(([room, targets]) =>
    targets
      .filter((target) => !targets.some((other) => reached(other).has(target)))
      .map((target) => `${room} --> ${target}`),
  );
}

describe('CONTRIBUTING', () => {
  const text = readFileSync('CONTRIBUTING.md', 'utf8');

  it('draws the rooms and arrows that the tests enforce', () => {
    const [, picture = ''] = /```mermaid\n(.*?)```/s.exec(text) ?? [];
    const edges = [...picture.matchAll(/^ *([\w-]+) --> ([\w-]+)$/gm)].map(([, from, to]) => `${from} --> ${to}`);
    assert.deepEqual(edges.sort(), drawn().sort());
  });

  it('describes every room in its table', () => {
    const described = [...text.matchAll(/^\| `(?:src\/)?([\w-]+)\/` +\|/gm)].map(([, room]) => room);
    assert.deepEqual(described.sort(), [...ROOMS.keys()].sort());
  });

  it('names files and folders that exist', () => {
    const paths = [...text.matchAll(/`((?:src|webview-ui|test|scripts|schemas)\/[\w./-]*)`/g)].map(
      ([, file]) => file ?? '',
    );
    assert.ok(paths.length > 20);
    assert.deepEqual(
      paths.filter((file) => !existsSync(file)),
      [],
    );
  });
});
