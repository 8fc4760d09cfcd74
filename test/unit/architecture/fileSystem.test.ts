import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { assertNone } from './assertNone';
import { sourceFiles } from './importGraph';

/** Functions of Node's file system that read the content of files, and the files of src that may import each. */
const READING: Readonly<Record<string, readonly string[]>> = {
  open: ['src/files/regularFile.ts', 'src/files/atomicFile.ts'],
  // It reads the extension's own scripts, which no stranger writes.
  readFileSync: ['src/host/webviewHtml.ts'],
  readFile: [],
  openSync: [],
  readSync: [],
  createReadStream: [],
  openAsBlob: [],
};
const READING_ADVICE =
  'Files come from strangers and may never end: read small ones with readSmallText (src/files/smallFile.ts), ' +
  'and weights with nodeFiles.open (src/files/nodeFile.ts):';

/** Functions that change files, and the files of src that may import each. */
const WRITING: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['writeFile', 'appendFile', 'write', 'rename', 'truncate', 'ftruncate', 'copyFile', 'cp', 'link', 'symlink', 'rm']
      .concat(['unlink', 'chmod', 'chown', 'utimes', 'rmdir', 'mkdtemp', 'open'])
      .flatMap((name) => [[name, []] as const, [`${name}Sync`, []] as const]),
  ),
  createWriteStream: [],
  open: ['src/files/regularFile.ts', 'src/files/atomicFile.ts'],
  rename: ['src/files/atomicFile.ts', 'src/files/atomicFolder.ts'],
  // It removes the temporary folder that it made.
  rm: ['src/files/atomicFolder.ts'],
  unlink: ['src/files/atomicFile.ts'],
};
const WRITING_ADVICE = 'Write files with writeAtomically (src/files/atomicFile.ts), from the host with saveDocument:';

/** The editor's functions that read and write whole files, each with the file of src that may call it. */
const EDITOR_READING = [/\bfs\s*\.\s*readFile\b/, 'src/host/readDocument.ts'] as const;
const EDITOR_WRITING = [/\bfs\s*\.\s*(writeFile|rename|copy|delete)\b/, 'src/host/saveDocument.ts'] as const;

/** Imports of 'node:fs' and 'node:fs/promises' by name. A module that is imported whole has the name '*'. */
function fileSystemImports(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isFileSystem(loaded(node))) {
      const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;
      if (ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
      if (bindings && ts.isNamedImports(bindings))
        names.push(...bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text));
      else names.push('*');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** The module of an import, a `require` or an `import()`. */
function loaded(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  return ts.isCallExpression(node) ? node.arguments[0] : undefined;
}

function isFileSystem(specifier: ts.Node | undefined): boolean {
  return (
    specifier !== undefined && ts.isStringLiteralLike(specifier) && /^(node:)?fs(\/promises)?$/.test(specifier.text)
  );
}

const sources = sourceFiles('src').map((file) => ({ file, text: readFileSync(file, 'utf8') }));

function wrongImports(allowed: Readonly<Record<string, readonly string[]>>): string[] {
  return sources.flatMap(({ file, text }) =>
    fileSystemImports(file, text)
      .filter((name) => name === '*' || (Object.hasOwn(allowed, name) && !allowed[name]!.includes(file)))
      .map((name) => `${file} imports ${name} of Node's file system`),
  );
}

function wrongCalls([pattern, allowed]: readonly [RegExp, string]): string[] {
  return sources.filter(({ file, text }) => pattern.test(text) && file !== allowed).map(({ file }) => file);
}

describe('files of the user and of strangers', () => {
  it('are read in one place, within limits', () => {
    assertNone(wrongImports(READING), READING_ADVICE);
    assertNone(wrongCalls(EDITOR_READING), `Read it with readDocumentText (${EDITOR_READING[1]}):`);
  });

  it('are written by one writer, whatever is saved', () => {
    assertNone(wrongImports(WRITING), WRITING_ADVICE);
    assertNone(wrongCalls(EDITOR_WRITING), `Write it with saveDocument (${EDITOR_WRITING[1]}):`);
  });

  it('are noticed however the file system is imported', () => {
    const found = (text: string): string => fileSystemImports('a.ts', text).join();
    assertNone(
      [
        ["import { readFile as read } from 'node:fs/promises'", 'readFile'],
        ["import { stat, open } from 'fs'", 'stat,open'],
        ["import * as fs from 'node:fs'", '*'],
        ["import fs from 'fs/promises'", '*'],
        ["export * from 'node:fs'", '*'],
        ["const { readFile } = require('fs')", '*'],
        ["const fs = await import('node:fs')", '*'],
        ["import type { Stats } from 'node:fs'", ''],
        ["import { open } from './openSource'", ''],
      ].flatMap(([text, expected]) => (found(text!) === expected ? [] : [`${text}: ${found(text!)}`])),
      'found something else in:',
    );
  });
});

describe('JSON of strangers', () => {
  it('is parsed in one place, which bounds its depth', () => {
    const allowed = new Set([
      'src/peftConfig/parseJson.ts',
      // Our own descriptions, tables and URIs.
      'src/protocol/packedDescription.ts',
      'src/peftConfig/signature.ts',
      'src/files/editorFiles.ts',
    ]);
    const parsing = sources.filter(({ file, text }) => /\bJSON\s*\.\s*parse\s*\(/.test(text) && !allowed.has(file));
    assertNone(
      parsing.map(({ file }) => file),
      'A recursive walk over deep JSON overflows the stack: use parseJson (src/peftConfig/parseJson.ts):',
    );
  });
});
