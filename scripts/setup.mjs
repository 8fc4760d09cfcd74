// Runs before `npm start` and `npm test`. It installs the locked dependencies in a new clone, or after the lock file
// has changed, and otherwise does nothing within milliseconds. Uses only Node built-ins.
import { installLocked, isInstalled } from './lib/npm.mjs';
import { root } from './lib/paths.mjs';

const OLDEST_NODE = [20, 9];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  console.error(`Node ${OLDEST_NODE.join('.')} or newer is required; this is ${process.versions.node}.`);
  process.exit(1);
}

if (!isInstalled(root)) {
  const started = Date.now();
  console.log('Installing the locked dependencies...');
  await installLocked(root);
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
}
