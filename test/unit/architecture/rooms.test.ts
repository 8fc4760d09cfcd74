import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import { ARROWS } from './arrows';
import { assertNone } from './assertNone';
import type { Import } from './importGraph';
import { circles, importsOf, roomOf, sourceFiles } from './importGraph';

/** The files that may import packages and Node's modules. In the rooms of threads only entries and spawners may. */
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

const sources = sourceFiles('src').filter((file) => !file.endsWith('.d.ts'));
const webviewSources = sourceFiles('webview-ui');
const show = ({ from, specifier }: Import): string => `${from} imports '${specifier}'`;

/**
 * The rooms that depend on neither Node, the DOM nor the editor. src/tsconfig.json compiles them without their types.
 */
const PURE_ROOMS = [
  ...[
    'peftConfig',
    'text',
    'tensor',
    'peft',
    'python',
    'checkpoint',
    'budget',
    'model',
    'lab',
    'matrices',
    'findings',
    'protocol',
  ],
];

/** The ways to reach the network: modules of Node, and globals of browsers. */
const NETWORK_MODULES = /^(node:)?(https?|http2|net|tls|dgram|dns)(\/|$)/;
const NETWORK_GLOBALS = /(?<![.\w])(fetch|XMLHttpRequest|WebSocket|EventSource|WebTransport|sendBeacon)\s*\(/;

describe('the rooms and their arrows', () => {
  it('are all listed in the table', () => {
    const strange = [...new Set(sources.map(roomOf))].filter((room) => !Object.hasOwn(ARROWS, room));
    assertNone(
      strange,
      'Add the new room to ARROWS (arrows.ts) and to the table of CONTRIBUTING, or move the files into a room:',
    );
  });

  it('form no circle', () => {
    const found = circles(new Map(Object.entries(ARROWS))).map((rooms) => rooms.join(', '));
    assertNone(found, 'Rooms that may import each other are one room. Remove an arrow from ARROWS (arrows.ts):');
  });

  it('import only the rooms they may', () => {
    const wrong = sources.flatMap(importsOf).filter(({ from, specifier, target }) => {
      if (!specifier.startsWith('.')) return false;
      const room = roomOf(from);
      if (!target.startsWith('src/')) return !target.endsWith('package.json');
      return ![room, ...(ARROWS[room] ?? [])].includes(roomOf(target));
    });
    assertNone(
      wrong.map(show),
      'Move the imported code into a room below both, or the file into a room that may import it:',
    );
  });

  it('let the protocol import only types from other rooms', () => {
    const wrong = sources.flatMap(importsOf).filter(({ from, target, typeOnly }) => {
      return roomOf(from) === 'protocol' && target.startsWith('src/') && roomOf(target) !== 'protocol' && !typeOnly;
    });
    assertNone(
      wrong.map(show),
      'Import only types and compute on the other side, because every webview would contain the code:',
    );
  });

  it('use packages, Node and the editor only where they may', () => {
    const wrong = [...sources, ...webviewSources].flatMap(importsOf).filter(({ from, specifier }) => {
      if (specifier.startsWith('.')) return false;
      return !PACKAGES.some(({ files, packages }) => files.test(from) && packages.test(specifier));
    });
    const advice =
      "Pass the dependency as an argument. Code that imports 'node:' belongs in src/files, src/host or src/cli:";
    assertNone(wrong.map(show), advice);
  });

  it('include pure rooms, which are compiled without the types of Node and the DOM', () => {
    const onUnRecoverableConfigFileDiagnostic = (): never => assert.fail('src/tsconfig.json cannot be read');
    const project = ts.getParsedCommandLineOfConfigFile(
      'src/tsconfig.json',
      {},
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic },
    );
    assert.deepEqual([project?.options.types, project?.options.lib], [[], ['lib.es2022.d.ts']]);
    const compiled = new Set(project?.fileNames.map((file) => path.relative('.', file).split(path.sep).join('/')));
    const pure = sources.filter((file) => PURE_ROOMS.includes(roomOf(file)) && !file.startsWith('src/tensor/kernels/'));
    assertNone(
      pure.filter((file) => !compiled.has(file)),
      "Add the room to 'include' of src/tsconfig.json:",
    );
  });

  it('reach the network from one file, which is only in the bundle for remote files', () => {
    const all = [...sources, ...webviewSources];
    const importing = all
      .flatMap(importsOf)
      .filter(({ specifier, typeOnly }) => !typeOnly && NETWORK_MODULES.test(specifier));
    assert.deepEqual(
      [...new Set(importing.map(({ from }) => from))],
      ['src/files/addresses.ts', 'src/files/httpRequest.ts'],
    );
    const calling = all.filter((file) => NETWORK_GLOBALS.test(readFileSync(file, 'utf8')));
    assertNone(calling, 'Only src/files/httpRequest.ts and src/files/addresses.ts may use the network:');
    const bundles = readdirSync('dist').filter((name) => /\.c?js$/.test(name));
    const requiring = bundles.filter((name) =>
      /require\(["'](node:)?(https?|http2|net|tls|dgram|dns)["']\)/.test(readFileSync(`dist/${name}`, 'utf8')),
    );
    assert.deepEqual(requiring, ['farFiles.js']);
  });

  it('give webviews only the protocol and the texts of src', () => {
    const wrong = webviewSources.flatMap(importsOf).filter(({ specifier, target }) => {
      return specifier.startsWith('.') && !/^(webview-ui|src\/(protocol|text))\//.test(target);
    });
    assertNone(wrong.map(show), 'Request it with a message, or declare the type in src/protocol:');
  });
});

describe('figures', () => {
  it('are formatted only by src/text/numberText, so that every figure has one spelling', () => {
    const own = /toLocaleString\('en|Intl\.NumberFormat|function (format(Count|Number|Bytes|Memory|Percent)|gi?b)\b/;
    assert.deepEqual(
      [...sources, ...webviewSources].filter((file) => own.test(readFileSync(file, 'utf8'))),
      // The demo prints exactly the text of the reference document.
      ['src/peft/demoText.ts', 'src/text/numberText.ts'],
      'format the figure with a function of src/text/numberText.ts',
    );
  });
});
