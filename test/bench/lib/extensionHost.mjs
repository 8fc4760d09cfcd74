// The extension host of a VS Code server, as Linux sees it: its memory, and the bytes it has read.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process ended while we looked.
    return '';
  }
};

/** The youngest extension host among the descendants of process `ancestor`; null elsewhere than on Linux. */
export function extensionHostOf(ancestor) {
  if (!existsSync('/proc/self/io')) return null;
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) && /\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1];
    if (parent) parents.set(Number(name), Number(parent));
  }
  const descends = (pid) => pid === ancestor || (parents.has(pid) && descends(parents.get(pid)));
  const hosts = [...parents.keys()].filter(
    (pid) => descends(pid) && read(`/proc/${pid}/cmdline`).includes('--type=extensionHost'),
  );
  return hosts.length > 0 ? Math.max(...hosts) : null;
}

/** In bytes: resident now, and at most so far. */
export function memoryOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const field = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) * 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

/** By any read, of sockets and of our own scripts too. */
export function bytesReadOf(pid) {
  return Number(/rchar: (\d+)/.exec(read(`/proc/${pid}/io`))?.[1] ?? NaN);
}
