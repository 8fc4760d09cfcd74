import { strict as assert } from 'node:assert';
import { assertNone } from './assertNone';
import { circles, importsOf, sourceFiles } from './importGraph';

/** The files that each file imports, `import type` included. */
function importGraph(files: readonly string[]): Map<string, string[]> {
  return new Map(files.map((file) => [file, importsOf(file).map(({ target }) => `${target.replace(/\.js$/, '')}.ts`)]));
}

describe('the imports between files', () => {
  it('form no circle, even with type-only imports', () => {
    const files = ['src', 'webview-ui', 'test'].flatMap((folder) => sourceFiles(folder));
    const graph = importGraph(files);
    const found = circles(graph).map((group) =>
      group
        .map(
          (file) =>
            `${file} -> ${graph
              .get(file)!
              .filter((target) => group.includes(target))
              .join(', ')}`,
        )
        .join('\n    '),
    );
    const advice =
      'Files that need each other are one idea, or hide a third: move the type both need into a file of its own, ' +
      'or give the lower one what it needs as an argument:';
    assertNone(found, advice);
  });

  it('are followed far enough to find a circle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['e']],
      ['e', ['e']],
    ]);
    assert.deepEqual(
      circles(graph).map((group) => group.sort().join('')),
      ['e', 'abc'],
    );
  });
});
