// `npm run demo`: runs the command line's demo, and builds it first if any source is newer.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { inRoot } from './lib/paths.mjs';
import { runScript } from './lib/run.mjs';

const built = inRoot('dist/cli.cjs');

function newestSource() {
  const files = readdirSync(inRoot('src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return Math.max(...files.map((file) => statSync(inRoot('src', file)).mtimeMs));
}

// The demo's output can be piped, so the build prints to the error stream.
if (!existsSync(built) || statSync(built).mtimeMs < newestSource()) {
  if (!(await runScript('scripts/build.mjs', [], { stdout: 2 })).ok) process.exit(1);
}
const { ok } = await runScript('dist/cli.cjs', ['demo', ...process.argv.slice(2)]);
process.exit(ok ? 0 : 1);
