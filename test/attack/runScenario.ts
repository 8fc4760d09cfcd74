/** Runs one scenario in a window of its own, and measures it against its limits. */

import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import * as path from 'node:path';
import { extensionHostsOf, memoryOf } from '../e2e/extensionHost';
import { eventually, launch } from '../e2e/workbench';
import { settle, watchHost } from './hostMeter';
import type { Course } from './hostMeter';
import { NotTriedError } from './scenario';
import type { Scenario } from './scenario';

export interface Outcome {
  readonly name: string;
  readonly seconds: number;
  /** `null` if nothing was measured. */
  readonly course: Course | null;
  /** What went wrong, worst first; empty if all held. */
  readonly faults: readonly string[];
  readonly slow: boolean;
  readonly notTried: string | null;
  readonly note: string;
}

/** The attacks are small on the disk, but they share it with others. */
const MIN_FREE_BYTES = 5 * 2 ** 30;
/** What a file started may go on after it is shown, so the memory is watched this much longer. */
const AFTERMATH_MS = 3000;

/** `server` is the process of the VS Code server, and `directory` where the workspace is written. */
export async function runScenario(scenario: Scenario, server: number, directory: string): Promise<Outcome> {
  const folder = path.join(directory, scenario.name);
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < MIN_FREE_BYTES) return nothing(scenario, 'fewer than 5 GB are free on the disk');
  try {
    mkdirSync(folder, { recursive: true });
    await scenario.write(folder);
    return await inWindow(scenario, server, folder);
  } catch (error) {
    if (error instanceof NotTriedError) return nothing(scenario, error.message);
    return { ...nothing(scenario, null), faults: [firstLine(error)] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inWindow(scenario: Scenario, server: number, folder: string): Promise<Outcome> {
  const before = extensionHostsOf(server);
  const workbench = await launch({ folder });
  let host: number | null = null;
  try {
    host = await eventually('the window has an extension host', async () => {
      return extensionHostsOf(server).find((pid) => !before.includes(pid));
    });
    await settle(host);
    const stop = watchHost(host);
    const started = Date.now();
    const faults: string[] = [];
    let note = '';
    try {
      note = (await scenario.act({ workbench, folder, host })) ?? '';
    } catch (error) {
      if (error instanceof NotTriedError) throw error;
      faults.push(firstLine(error));
      await workbench.screenshot(`${scenario.name}.png`);
    }
    const seconds = (Date.now() - started) / 1000;
    await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
    const course = stop();
    faults.push(...costs(scenario, course), ...workbench.errors.map((error) => `in a page: ${error.slice(0, 200)}`));
    if (!(memoryOf(host).resident > 0)) faults.unshift('the extension host is gone');
    const slow = seconds > scenario.limits.seconds;
    return { name: scenario.name, seconds, course, faults, slow, notTried: null, note };
  } finally {
    await workbench.close();
    // The server keeps the host of a closed window for hours, for a page that connects again.
    if (host !== null) end(host);
  }
}

function costs({ limits }: Scenario, course: Course): string[] {
  const faults: string[] = [];
  if (course.peak - course.start > limits.growth) faults.push('memory beyond the limit');
  if (course.filesAfter - course.filesBefore > limits.openFiles) {
    faults.push(`open files grew from ${course.filesBefore} to ${course.filesAfter}`);
  }
  return faults;
}

function end(host: number): void {
  try {
    process.kill(host, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function nothing({ name }: Scenario, notTried: string | null): Outcome {
  return { name, seconds: 0, course: null, faults: [], slow: false, notTried, note: '' };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 300);
}
