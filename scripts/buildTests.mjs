// Bundles the extension and its integration tests, for the debugger and for desktop VS Code.
import { runScript } from './lib/run.mjs';
import { bundleTests } from './lib/testBundles.mjs';

if (!(await runScript('scripts/build.mjs')).ok) process.exit(1);
await bundleTests('integration', ['test/integration/index.ts']);
