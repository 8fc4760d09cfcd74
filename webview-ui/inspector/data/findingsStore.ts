/** The report on the open source as it grows: the header's at once, that of all values after they were read. */

import type { FindingLevel, FindingsReport, WeightsFinding } from '../../../src/protocol/findings';
import { CancelledError } from '../../../src/protocol/rpc';
import type { Progress, RequestOptions } from '../../../src/protocol/rpc';
import type { SourceDescription } from '../../../src/protocol/source';

/** Values of larger files are read only if the user asks: this takes about a second from a local disk. */
export const MAX_UNASKED_BYTES = 200_000_000;
/** Lets the first view read what it draws before the file is read as a whole. */
const BACKGROUND_DELAY_MS = 400;

type FindingsStage =
  /** The header's report is on its way. */
  | 'header'
  /** The file is large or on a server, so reading its values waits for the user. */
  | 'offered'
  | 'reading'
  | 'cancelled'
  | 'failed'
  | 'done';

type ReadFindings = (values: boolean, options: RequestOptions) => Promise<FindingsReport<string>>;

const LEVELS: readonly FindingLevel[] = ['error', 'warning', 'info'];

export class FindingsStore {
  report: FindingsReport<string> | null = null;
  stage: FindingsStage = 'header';
  /** The values read so far; `null` until the first report of progress. */
  progress: Progress | null = null;
  failure = '';
  private readonly listeners = new Set<() => void>();
  private byModule: ReadonlyMap<string, WeightsFinding<string>> = new Map();
  private controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly read: ReadFindings,
    readonly description: SourceDescription,
  ) {}

  /** Never rejects: `failure` holds the error. */
  async start(): Promise<void> {
    if (!(await this.attempt(false, 'header'))) return;
    if (this.description.tensors.length === 0) this.change({ stage: 'done' });
    else if (isReadUnasked(this.description))
      this.timer = setTimeout(() => void this.readValues(), BACKGROUND_DELAY_MS);
    else this.change({ stage: 'offered' });
  }

  async readValues(): Promise<void> {
    this.controller = new AbortController();
    if (await this.attempt(true, 'reading')) this.change({ stage: 'done' });
  }

  cancel(): void {
    this.controller.abort();
  }

  /** The worst finding about a module; `undefined` if there is none. */
  of(module: string): WeightsFinding<string> | undefined {
    return this.byModule.get(module);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listeners.clear();
    this.controller.abort();
  }

  private async attempt(values: boolean, stage: FindingsStage): Promise<boolean> {
    this.change({ stage, progress: null, failure: '' });
    const { signal } = this.controller;
    try {
      const onProgress = (progress: Progress): void => this.change({ progress });
      const report = await this.read(values, { signal, onProgress });
      this.byModule = worstByModule(report.findings);
      this.change({ report });
      return !signal.aborted;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      this.change(error instanceof CancelledError ? { stage: 'cancelled' } : { stage: 'failed', failure });
      return false;
    }
  }

  private change(changes: Partial<Pick<FindingsStore, 'report' | 'stage' | 'progress' | 'failure'>>): void {
    Object.assign(this, changes);
    for (const listener of [...this.listeners]) listener();
  }
}

/** Only files on a local disk, and only up to a size. */
function isReadUnasked({ file }: SourceDescription): boolean {
  const isLocal = file !== undefined && !/^[a-z][a-z\d+.-]+:\/\//i.test(file.path);
  return isLocal && file.bytes <= MAX_UNASKED_BYTES;
}

/** A report lists its worst findings first, so the first one about a module is the worst. */
function worstByModule(findings: FindingsReport<string>['findings']): Map<string, WeightsFinding<string>> {
  const worst = new Map<string, WeightsFinding<string>>();
  for (const finding of findings)
    for (const module of finding.modules) if (!worst.has(module)) worst.set(module, finding);
  return worst;
}

export const LEVEL_NAMES: Readonly<Record<FindingLevel, string>> = { error: 'error', warning: 'warning', info: 'note' };
/** Shapes that tell the levels apart without their colours. */
export const LEVEL_SIGNS: Readonly<Record<FindingLevel, string>> = { error: '✕', warning: '▲', info: '●' };

/** '1 error, 2 notes'; 'No findings' if there are none. */
export function countsText({ findings }: FindingsReport<string>): string {
  const parts = LEVELS.map((level) => [level, findings.filter((each) => each.level === level).length] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${count} ${LEVEL_NAMES[level]}${count === 1 ? '' : 's'}`);
  return parts.length > 0 ? parts.join(', ') : 'No findings';
}
