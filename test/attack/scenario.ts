/** What an attack is: a workspace from a stranger, what the user does in it, what must hold, and what it may cost. */

import type { Workbench } from '../e2e/workbench';

interface Limits {
  /** Time until `act` has seen all that must hold. */
  readonly seconds: number;
  /** Growth of the resident memory of the extension host, whose threads the worker and the planner are, in bytes. */
  readonly growth: number;
  /** Growth of its number of open files from before `act` to after it. */
  readonly openFiles: number;
}

/** `restricted`: Restricted Mode. `slowDisk`: every read and open of its files takes 200 ms. */
type Special = 'restricted' | 'slowDisk';

export interface Scene {
  readonly workbench: Workbench;
  /** The folder that the window shows. */
  readonly folder: string;
  /** Process of the window's extension host. */
  readonly host: number;
}

export interface Scenario {
  readonly name: string;
  /** What is hostile about the workspace. */
  readonly attack: string;
  /** The VS Code that it needs; by default one that trusts its folders. */
  readonly needs?: Special;
  /** Runs only if it is named, because it takes minutes. */
  readonly onlyByName?: true;
  readonly limits: Limits;
  /** Fills an empty folder. */
  write(folder: string): void | Promise<void>;
  /**
   * Does what the user does, and fails unless all holds that must hold. May return what it saw.
   * @throws NotTriedError if this machine does not let it run
   */
  act(scene: Scene): Promise<string | void>;
}

/** A scenario cannot run on this machine. */
export class NotTriedError extends Error {
  override readonly name = 'NotTriedError';
}

const MEGABYTE = 2 ** 20;

/** What the host and the planner may take above their start, whatever the workspace contains. */
export const WORKSPACE_GROWTH = 300 * MEGABYTE;
/** What one file of weights may take, whatever it contains. */
export const FILE_GROWTH = 1024 * MEGABYTE;
/** Threads and the scripts that VS Code loads later keep some files open. */
export const OPEN_FILES = 24;
