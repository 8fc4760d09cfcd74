import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import { ARROWS } from './arrows';
import { assertNone } from './assertNone';
import type { Import } from './importGraph';
import { circles, importsOf, roomOf, sourceFiles } from './importGraph';

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

const sources = sourceFiles('src').filter((file) => !file.endsWith('.d.ts'));
const webviewSources = sourceFiles('webview-ui');
const show = ({ from, specifier }: Import): string => `${from} imports '${specifier}'`;

/** The rooms that know neither Node nor the DOM nor the editor, as src/tsconfig.json compiles them. */
const PURE_ROOMS = [
  ...['peftConfig', 'text', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'model', 'matrices', 'protocol'],
];

/** What reaches the network: modules of Node, and globals of browsers. */
const NETWORK_MODULES = /^(node:)?(https?|http2|net|tls|dgram|dns)(\/|$)/;
const NETWORK_GLOBALS = /(?<![.\w])(fetch|XMLHttpRequest|WebSocket|EventSource|WebTransport|sendBeacon)\s*\(/;

describe('the rooms and their arrows', () => {
  it('are all in the table', () => {
    const strange = [...new Set(sources.map(roomOf))].filter((room) => !Object.hasOwn(ARROWS, room));
    assertNone(
      strange,
      'Put a new room into ARROWS (arrows.ts) and into the table of CONTRIBUTING, or the files into a room:',
    );
  });

  it('point one way', () => {
    const found = circles(new Map(Object.entries(ARROWS))).map((rooms) => rooms.join(', '));
    assertNone(found, 'Rooms that may import each other are one room; take an arrow out of ARROWS (arrows.ts):');
  });

  it('import only the rooms they may', () => {
    const wrong = sources.flatMap(importsOf).filter(({ from, specifier, target }) => {
      if (!specifier.startsWith('.')) return false;
      const room = roomOf(from);
      if (!target.startsWith('src/')) return !target.endsWith('package.json');
      return ![room, ...(ARROWS[room] ?? [])].includes(roomOf(target));
    });
    assertNone(wrong.map(show), 'Move what is imported into a room below both, or the file to where it may import it:');
  });

  it('leave the protocol types alone of other rooms', () => {
    const wrong = sources.flatMap(importsOf).filter(({ from, target, typeOnly }) => {
      return roomOf(from) === 'protocol' && target.startsWith('src/') && roomOf(target) !== 'protocol' && !typeOnly;
    });
    assertNone(wrong.map(show), 'Every webview would carry the code: import types, and compute on the other side:');
  });

  it('use packages, Node and the editor only where they may', () => {
    const wrong = [...sources, ...webviewSources].flatMap(importsOf).filter(({ from, specifier }) => {
      if (specifier.startsWith('.')) return false;
      return !PACKAGES.some(({ files, packages }) => files.test(from) && packages.test(specifier));
    });
    const advice = "Take what is needed as an argument; what names 'node:' goes to src/files, src/host or src/cli:";
    assertNone(wrong.map(show), advice);
  });

  it('are compiled without the types of Node and of the DOM where they are pure', () => {
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

  it('reach the network in one file alone, which only the bundle of far files holds', () => {
    const all = [...sources, ...webviewSources];
    const importing = all
      .flatMap(importsOf)
      .filter(({ specifier, typeOnly }) => !typeOnly && NETWORK_MODULES.test(specifier));
    assert.deepEqual([...new Set(importing.map(({ from }) => from))], ['src/files/httpRequest.ts']);
    const calling = all.filter((file) => NETWORK_GLOBALS.test(readFileSync(file, 'utf8')));
    assertNone(calling, 'Nothing but src/files/httpRequest.ts may ask the network:');
    const bundles = readdirSync('dist').filter((name) => /\.c?js$/.test(name));
    const requiring = bundles.filter((name) =>
      /require\(["'](node:)?(https?|http2|net|tls|dgram|dns)["']\)/.test(readFileSync(`dist/${name}`, 'utf8')),
    );
    assert.deepEqual(requiring, ['farFiles.js']);
  });

  it('leave webviews nothing of src but the protocol and the texts', () => {
    const wrong = webviewSources.flatMap(importsOf).filter(({ specifier, target }) => {
      return specifier.startsWith('.') && !/^(webview-ui|src\/(protocol|text))\//.test(target);
    });
    assertNone(wrong.map(show), 'Ask for it with a message, or declare the type in src/protocol:');
  });
});

describe('figures', () => {
  it('are written for people by src/text/numberText alone, so that a figure has one spelling', () => {
    const own = /toLocaleString\('en|Intl\.NumberFormat|function (format(Count|Number|Bytes|Memory|Percent)|gi?b)\b/;
    assert.deepEqual(
      [...sources, ...webviewSources].filter((file) => own.test(readFileSync(file, 'utf8'))),
      // The demo prints what the reference document prints, to the letter.
      ['src/peft/demoText.ts', 'src/text/numberText.ts'],
      'format the figure with a function of src/text/numberText.ts',
    );
  });
});
