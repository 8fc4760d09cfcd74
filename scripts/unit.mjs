// Runs the unit tests in plain Node. `node scripts/unit.mjs rpc tensor` runs the files whose path contains one of the
// words.
import { bundleTests } from './lib/testBundles.mjs';
import { finish } from './lib/counts.mjs';
import { runMocha } from './lib/runMocha.mjs';

// The longest tests take seconds, and minutes on a machine where ten processes share a core. Only a hang takes this long.
const TIMEOUT_MS = 300_000;

const words = process.argv.slice(2);
const files = await bundleTests('unit');
const chosen = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
await finish(await runMocha(chosen, { timeout: TIMEOUT_MS }));
