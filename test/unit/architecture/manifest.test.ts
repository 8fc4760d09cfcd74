import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { sourceFiles } from './importGraph';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly customEditors: readonly { readonly viewType: string }[];
  };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

describe('the manifest', () => {
  const hostText = [...sourceFiles('src/host'), 'src/extension.ts']
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const literal = (pattern: RegExp): string[] => [...hostText.matchAll(pattern)].map((match) => match[1] ?? '').sort();

  it('contributes exactly the commands that are registered', () => {
    const contributed = manifest.contributes.commands.map(({ command }) => command).sort();
    assert.deepEqual(literal(/registerCommand\(\s*'([^']+)'/g), contributed);
  });

  it('names only views and editors that the host provides', () => {
    const views = Object.values(manifest.contributes.views)
      .flat()
      .map(({ id }) => id);
    const editors = manifest.contributes.customEditors.map(({ viewType }) => viewType);
    assert.deepEqual(
      [...views, ...editors].filter((id) => !hostText.includes(`'${id}'`)),
      [],
    );
  });

  it('points at files that exist', () => {
    const paths = [...readFileSync('package.json', 'utf8').matchAll(/"((?:\.\/)?(?:media|dist|schemas)\/[^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    assert.ok(paths.length > 0);
    assert.deepEqual(
      paths.filter((file) => !existsSync(file)),
      [],
    );
  });
});
