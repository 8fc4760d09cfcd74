import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Import } from './importGraph';
import { importsOf, sourceFiles } from './importGraph';

/** Rooms below src, and the rooms each may import: the table of CONTRIBUTING, "Rooms and arrows". */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  peftConfig: [],
  tensor: [],
  peft: ['tensor'],
  python: ['peftConfig', 'protocol'],
  checkpoint: ['tensor', 'peftConfig'],
  budget: ['peftConfig'],
  protocol: ['checkpoint', 'tensor', 'peftConfig'],
  matrices: ['checkpoint', 'tensor', 'peftConfig', 'protocol'],
  files: ['checkpoint', 'peftConfig', 'protocol'],
  planner: ['peftConfig', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'matrices', 'protocol', 'files'],
  worker: ['peftConfig', 'tensor', 'peft', 'checkpoint', 'matrices', 'protocol', 'files'],
  host: ['peftConfig', 'budget', 'checkpoint', 'protocol'],
  cli: ['peftConfig', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'matrices', 'files'],
  'library.ts': ['peftConfig', 'tensor', 'peft', 'checkpoint', 'budget', 'matrices'],
  'extension.ts': ['host'],
};

/** Rooms that may import packages and Node's modules, by pattern: threads do so in their entries and spawners alone. */
const PACKAGES: readonly { readonly files: RegExp; readonly packages: RegExp }[] = [
  {
    files: /^src\/(files|host|cli)\/|^src\/worker\/(engineThread|spawnEngineThread|spawnMeasurer)\.ts$/,
    packages: /^node:/,
  },
  { files: /^src\/planner\//, packages: /^jsonc-parser$/ },
  { files: /^src\/(host\/|extension\.ts)/, packages: /^vscode$/ },
  { files: /^src\/python\//, packages: /^@lezer\/(common|python)$/ },
  { files: /^webview-ui\//, packages: /^d3$/ },
];

const MAX_LINES = 400;

/** Minified bundles, in bytes: what a user waits for when a view opens. Every other script of a webview has `LATER`. */
const KILOBYTE = 1024;
const BUDGETS: Readonly<Record<string, number>> = {
  'dist/extension.js': 150 * KILOBYTE,
  'dist/worker.js': 200 * KILOBYTE,
  'dist/farFiles.js': 50 * KILOBYTE,
  'dist/writers.js': 50 * KILOBYTE,
  'dist/kernels.js': 60 * KILOBYTE,
  'dist/architectures.js': 100 * KILOBYTE,
  'dist/pythonReader.js': 200 * KILOBYTE,
  'dist/planReader.js': 200 * KILOBYTE,
  'dist/planner.js': 200 * KILOBYTE,
  'dist/webview/inspector.js': 150 * KILOBYTE,
  'dist/webview/calculator.js': 200 * KILOBYTE,
  'dist/webview/comparison.js': 200 * KILOBYTE,
};

const LATER = 200 * KILOBYTE;

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly customEditors: readonly { readonly viewType: string }[];
  };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const sources = sourceFiles('src').filter((file) => !file.endsWith('.d.ts'));
const webviewSources = sourceFiles('webview-ui');
const show = ({ from, specifier }: Import): string => `${from} imports '${specifier}'`;

/** 'src/tensor/tensor.ts' is of room 'tensor', 'src/extension.ts' of 'extension.ts'. */
function roomOf(file: string): string {
  const room = file.split('/')[1] ?? '';
  return file.split('/').length === 2 && !room.endsWith('.ts') ? `${room}.ts` : room;
}

describe('the rooms and their arrows', () => {
  it('are all in the table', () => {
    assert.deepEqual(
      [...new Set(sources.map(roomOf))].filter((room) => !Object.hasOwn(ARROWS, room)),
      [],
    );
  });

  it('import only the rooms they may', () => {
    const wrong = sources.flatMap(importsOf).filter(({ from, specifier, target }) => {
      if (!specifier.startsWith('.')) return false;
      const room = roomOf(from);
      if (!target.startsWith('src/')) return !target.endsWith('package.json');
      return ![room, ...(ARROWS[room] ?? [])].includes(roomOf(target));
    });
    assert.deepEqual(wrong.map(show), []);
  });

  it('use packages, Node and the editor only where they may', () => {
    const wrong = [...sources, ...webviewSources].flatMap(importsOf).filter(({ from, specifier }) => {
      if (specifier.startsWith('.')) return false;
      return !PACKAGES.some(({ files, packages }) => files.test(from) && packages.test(specifier));
    });
    assert.deepEqual(wrong.map(show), []);
  });

  it('reach the network in one file alone, which only the bundle of far files holds', () => {
    const modules = /^(node:)?(https?|http2|net|tls|dgram|dns)(\/|$)/;
    const globals = /(?<![.\w])(fetch|XMLHttpRequest|WebSocket|EventSource|WebTransport|sendBeacon)\s*\(/;
    const importing = [...sources, ...webviewSources]
      .flatMap(importsOf)
      .filter(({ specifier, typeOnly }) => !typeOnly && modules.test(specifier));
    assert.deepEqual([...new Set(importing.map(({ from }) => from))], ['src/files/httpRequest.ts']);
    assert.deepEqual(
      [...sources, ...webviewSources].filter((file) => globals.test(readFileSync(file, 'utf8'))),
      [],
    );
    const bundles = readdirSync('dist').filter((name) => /\.c?js$/.test(name));
    const requiring = bundles.filter((name) =>
      /require\(["'](node:)?(https?|http2|net|tls|dgram|dns)["']\)/.test(readFileSync(`dist/${name}`, 'utf8')),
    );
    assert.deepEqual(requiring, ['farFiles.js']);
  });

  it('leave webviews nothing of src but the protocol', () => {
    const wrong = webviewSources.flatMap(importsOf).filter(({ specifier, target }) => {
      return specifier.startsWith('.') && !target.startsWith('webview-ui/') && !target.startsWith('src/protocol/');
    });
    assert.deepEqual(wrong.map(show), []);
  });
});

describe('the manifest', () => {
  const hostText = sources
    .filter((file) => file.startsWith('src/host/') || file === 'src/extension.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const literal = (pattern: RegExp): string[] => [...hostText.matchAll(pattern)].map((match) => match[1] ?? '').sort();

  it('contributes the commands that are registered, and no others', () => {
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

describe('the tests', () => {
  it('are each taken by a runner', async () => {
    const bundles = (await import(pathToFileURL(path.resolve('scripts/lib/testBundles.mjs')).href)) as {
      readonly TEST_KINDS: readonly string[];
      testFiles(kind: string): string[];
    };
    const taken = new Set(bundles.TEST_KINDS.flatMap((kind) => bundles.testFiles(kind)));
    const all = ['src', 'webview-ui', 'test'].flatMap((folder) => sourceFiles(folder, '.test.ts'));
    assert.ok(all.includes('test/unit/architecture.test.ts'));
    assert.deepEqual(
      all.filter((file) => !taken.has(file)),
      [],
    );
  });

  it('leave none out and favour none', () => {
    const tests = sourceFiles('test', '.test.ts');
    const wrong = tests.filter((file) =>
      /\b(describe|it|test|suite)\.(skip|only)\(|\bx(it|describe)\(/.test(readFileSync(file, 'utf8')),
    );
    assert.deepEqual(wrong, []);
  });
});

describe('files that stand in a page', () => {
  // What begins a comment in HTML lets a script go on beyond its end; a style has no other way to write its end.
  it('hold nothing that a page would read as its own', () => {
    const scripts = ['inspector', 'calculator', 'comparison'].map((name) => `dist/webview/${name}.js`);
    assert.deepEqual(
      scripts.filter((file) => readFileSync(file, 'utf8').includes('<!--')),
      [],
    );
    const styles = scripts.map((file) => file.replace('.js', '.css'));
    assert.deepEqual(
      styles.filter((file) => /<\/style/i.test(readFileSync(file, 'utf8'))),
      [],
    );
  });
});

describe('sizes', () => {
  it(`keep every source file within ${MAX_LINES} lines`, () => {
    const files = [
      ...['src', 'webview-ui', 'test'].flatMap((folder) => sourceFiles(folder)),
      ...sourceFiles('scripts', '.mjs'),
    ];
    const lines = (file: string): number => readFileSync(file, 'utf8').trimEnd().split('\n').length;
    assert.deepEqual(
      files.filter((file) => lines(file) > MAX_LINES).map((file) => `${file}: ${lines(file)}`),
      [],
    );
  });

  for (const [bundle, budget] of Object.entries(BUDGETS)) {
    it(`keep ${bundle} within ${budget / KILOBYTE} KB`, () => {
      assert.ok(existsSync(bundle), `${bundle} is not built: npm run build`);
      const { size } = statSync(bundle);
      assert.ok(size <= budget, `${bundle} has ${(size / KILOBYTE).toFixed(1)} KB`);
    });
  }

  it(`keep every script that a webview loads later within ${LATER / KILOBYTE} KB`, () => {
    const scripts = sourceFiles('dist/webview', '.js').filter((file) => !Object.hasOwn(BUDGETS, file));
    assert.ok(scripts.length > 0, 'the inspector loads none later: npm run build');
    assert.deepEqual(
      scripts.filter((file) => statSync(file).size > LATER),
      [],
    );
  });
});
