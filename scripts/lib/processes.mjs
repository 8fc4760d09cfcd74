// Child processes that end together with this process and with all of their own children.
import { spawn } from 'node:child_process';

// A family of processes that is still running this long after the request to end is killed.
const GRACE_MS = 3000;
const ORPHAN_POLL_MS = 500;

/** @type {Set<import('node:child_process').ChildProcess>} */
const families = new Set();

/**
 * Starts a process in its own group, so that the processes it starts can be stopped with it.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnFamily(command, args, options) {
  const child = spawn(command, args, { ...options, detached: process.platform !== 'win32' });
  families.add(child);
  child.once('exit', () => families.delete(child));
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
export async function stopFamily(child) {
  if (child.pid === undefined) return;
  const ended = child.exitCode !== null || child.signalCode !== null;
  const exit = ended ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
  signal(child, 'SIGTERM');
  const tooLate = setTimeout(() => signal(child, 'SIGKILL'), GRACE_MS);
  await exit;
  clearTimeout(tooLate);
  // The first process has ended. The rest of the family gets no further grace.
  signal(child, 'SIGKILL');
  families.delete(child);
}

/** Status of a process that a signal ended before its work was done: 128 + SIGTERM. */
export const INTERRUPTED = 143;

/**
 * Stops all families when this process is asked to end. `onStop` runs first. `status` is the exit status after a signal:
 * 0 for a command that runs until it is stopped, `INTERRUPTED` for one whose work is cut short.
 */
export function stopFamiliesOnExit(status, onStop = () => {}) {
  let stopping = false;
  const stop = async (exitStatus) => {
    if (stopping) return;
    stopping = true;
    onStop();
    await Promise.all([...families].map(stopFamily));
    process.exit(exitStatus);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop(status));
  endWithParent(() => stop(1));
  process.on('exit', () => {
    for (const child of families) signal(child, 'SIGKILL');
  });
}

/**
 * The shell between npm and this process does not forward the signal that ends npm, so this process becomes an orphan.
 */
export function endWithParent(stop) {
  if (!process.env.npm_lifecycle_event && !process.send) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, ORPHAN_POLL_MS).unref();
}

function signal(child, name) {
  try {
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
