/** What Linux says of the extension host of a VS Code server: its memory, its open files, and the bytes it has read. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in this unit on all common machines. */
const TICKS_PER_SECOND = 100;

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process ended in the meantime.
    return '';
  }
};

/** The youngest extension host among the descendants of process `ancestor`; `null` on other systems than Linux. */
export function extensionHostOf(ancestor: number): number | null {
  const hosts = extensionHostsOf(ancestor);
  return hosts.length > 0 ? Math.max(...hosts) : null;
}

/** The extension hosts among the descendants of process `ancestor`; none on other systems than Linux. */
export function extensionHostsOf(ancestor: number): number[] {
  return descendantsOf(ancestor).filter((pid) => commandOf(pid).includes('--type=extensionHost'));
}

/** The processes that `ancestor` started, and theirs; none on other systems than Linux. */
export function descendantsOf(ancestor: number): number[] {
  if (!existsSync('/proc/self/io')) return [];
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) && /\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1];
    if (parent) parents.set(Number(name), Number(parent));
  }
  const descends = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === ancestor || descends(parent));
  };
  return [...parents.keys()].filter(descends);
}

/** The words of a process's command line. */
export function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

/** Resident bytes: current and peak. NaN if the process has ended. */
export function memoryOf(pid: number): { resident: number; peak: number } {
  const status = read(`/proc/${pid}/status`);
  const field = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) * 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

/** Number of open files and sockets; 0 if the process has ended. */
export function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Seconds of processor time that all threads of a process have taken; 0 if it has ended. */
export function processorSecondsOf(pid: number): number {
  // The name of the command, in parentheses, may hold spaces. User time is the 12th field after it, system time next.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

/** Bytes of every read call, including sockets and our own scripts. */
export function bytesReadOf(pid: number): number {
  return Number(/rchar: (\d+)/.exec(read(`/proc/${pid}/io`))?.[1] ?? NaN);
}
