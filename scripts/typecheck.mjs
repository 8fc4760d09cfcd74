// Type checks every project. Each room compiles against only the globals that it may use.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { buildKernels } from './kernels.mjs';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const projects = ['src/tsconfig.json', 'src/tsconfig.node.json', 'webview-ui/tsconfig.json', 'test/tsconfig.json'];

await buildKernels();
let failed = 0;
for (const project of projects) {
  // Files that have not changed since the last run are not checked again.
  const record = `out/types/${project.replaceAll('/', '-')}.tsbuildinfo`;
  const args = [tsc, '-p', project, '--incremental', '--tsBuildInfoFile', record];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) failed++;
}
if (failed > 0) {
  console.error(`${failed} of ${projects.length} projects have type errors`);
  process.exit(1);
}
console.log(`type check: ${projects.length} projects, no errors`);
