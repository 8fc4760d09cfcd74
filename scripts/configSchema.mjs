// Writes schemas/adapter_config.schema.json from the tables in src/peftConfig. Run it when they change.
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { outputFiles } = await esbuild.build({
  absWorkingDir: root,
  entryPoints: ['src/peftConfig/configSchema.ts'],
  bundle: true,
  format: 'esm',
  write: false,
});
const { configSchemaText } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
mkdirSync(path.join(root, 'schemas'), { recursive: true });
writeFileSync(path.join(root, 'schemas/adapter_config.schema.json'), configSchemaText());
