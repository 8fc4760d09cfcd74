/** Bundles a part of the project as it would be after an edit, without touching a file. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';

/** Text to insert into a file of the project, before the first place where `before` stands alone on a line. */
export interface Insertion {
  readonly before: string;
  readonly text: string;
}

/** Insertions by file, as a path from the root of the project. */
export type Edits = Readonly<Record<string, readonly Insertion[]>>;

/** The edited files by absolute path. Throws if a place does not exist, so that a fixture cannot go stale unnoticed. */
function editedFiles(edits: Edits): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(edits).map(([file, insertions]) => {
      const edited = insertions.reduce(
        (text, { before, text: added }) => {
          const at = `\n${text}`.indexOf(`\n${before}\n`);
          if (at < 0) throw new Error(`${file} has no line "${before}"`);
          return text.slice(0, at) + added + text.slice(at);
        },
        readFileSync(file, 'utf8'),
      );
      return [path.resolve(file), edited] as const;
    }),
  );
}

/** What `entry` exports once the edits are made. */
export async function loadEdited<T>(entry: string, edits: Edits): Promise<T> {
  const edited = editedFiles(edits);
  const { outputFiles } = await build({
    entryPoints: [entry],
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
            return contents === undefined ? undefined : { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  const module = { exports: {} };
   
  new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')(module, module.exports, require);
  return module.exports as T;
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
