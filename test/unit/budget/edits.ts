/** The project as it would be after an edit of its sources, without touching a file. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';

/** Text to insert before another text of a file, by the file's path from the root of the project. */
export type Edits = Readonly<Record<string, readonly (readonly [before: string, inserted: string])[]>>;

/** The edited files by absolute path. Fails if a place does not exist, so that an edit cannot go stale unnoticed. */
function editedFiles(edits: Edits): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(edits).map(([file, insertions]) => {
      const edited = insertions.reduce(
        (current, [before, inserted]) => {
          assert.ok(current.includes(before), `${file} has no text '${before}'`);
          return current.replace(before, `${inserted}\n${before}`);
        },
        readFileSync(file, 'utf8'),
      );
      return [path.resolve(file), edited] as const;
    }),
  );
}

/** What the files `entries` of src export once the edits are made. */
export async function loadEdited<T>(entries: readonly string[], edits: Edits): Promise<T> {
  const edited = editedFiles(edits);
  const found = new Set<string>();
  const { outputFiles } = await build({
    stdin: {
      contents: entries.map((file) => `export * from './${file}';`).join('\n'),
      resolveDir: path.resolve('src'),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
    plugins: [
      {
        name: 'edits',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
            const contents = edited.get(file);
            if (contents === undefined) return null;
            found.add(file);
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  assert.deepEqual([...found].sort(), [...edited.keys()].sort(), 'every edited file is part of the program');
  const loaded = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')(loaded, loaded.exports, require);
  return loaded.exports as T;
}

/** What the compiler says against the edited files, with the settings of the pure rooms. */
export function typeErrors(edits: Edits): readonly string[] {
  const edited = editedFiles(edits);
  const { config } = ts.readConfigFile('src/tsconfig.json', (file) => ts.sys.readFile(file)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: ['universal.d.ts'] }, ts.sys, 'src');
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  host.readFile = (file) => edited.get(path.resolve(file)) ?? readFile(file);
  host.getSourceFile = (file, languageVersion) => {
    const text = host.readFile(file);
    return text === undefined ? undefined : ts.createSourceFile(file, text, languageVersion, true);
  };
  const roots = ['src/universal.d.ts', ...edited.keys()];
  const program = ts.createProgram(roots, { ...options, noEmit: true, composite: false, incremental: false }, host);
  return [...edited.keys()].flatMap((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
}
