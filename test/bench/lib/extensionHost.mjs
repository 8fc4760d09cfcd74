// Memory of the extension host of a VS Code server, and the bytes that it has read, according to Linux.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process ended in the meantime.
    return '';
  }
};

/** The youngest extension host among the descendants of process `ancestor`. `null` on other systems than Linux. */
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

/** Resident bytes: current and peak. */
export function memoryOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const field = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) * 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

/** Bytes of every read call, including sockets and our own scripts. */
export function bytesReadOf(pid) {
  return Number(/rchar: (\d+)/.exec(read(`/proc/${pid}/io`))?.[1] ?? NaN);
}
