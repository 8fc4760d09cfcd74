/** Reads the configs of a workspace within a budget of bytes, few files at a time, and keeps only their facts. */

import type { FileStatus, ModelFiles } from '../../files/modelFiles';
import type { AdapterFacts, ConfigScan, ModelFacts, ScanParams, ScannedFile } from '../../protocol/scan';
import type { HostFiles } from '../hostFiles';
import { adapterFacts, modelFacts } from './configFields';

/** Disks answer four requests nearly as fast as many, and four texts of the largest size fit in memory. */
const FILES_AT_ONCE = 4;
/** The largest published config.json files are a few hundred kilobytes (label maps). */
export const MAX_MODEL_CONFIG_BYTES = 4 << 20;
/** An adapter_config.json takes a few kilobytes; a much larger file is something else. */
const MAX_ADAPTER_CONFIG_BYTES = 1 << 20;

export interface ScanSources {
  readonly files: Pick<ModelFiles, 'status' | 'readText'>;
  readonly host: Pick<HostFiles, 'readText'>;
}

export function scanModels(
  sources: ScanSources,
  params: ScanParams,
  signal: AbortSignal,
): Promise<ConfigScan<ModelFacts>> {
  return new Scan(sources, params.maxBytes, MAX_MODEL_CONFIG_BYTES, signal).run(params.files, (text, stamp) => {
    const facts = modelFacts(text);
    return facts && { ...facts, stamp };
  });
}

export function scanAdapters(
  sources: ScanSources,
  params: ScanParams,
  signal: AbortSignal,
): Promise<ConfigScan<AdapterFacts>> {
  return new Scan(sources, params.maxBytes, MAX_ADAPTER_CONFIG_BYTES, signal).run(params.files, adapterFacts);
}

type ReadFacts<F> = (text: string, stamp: string) => F | null;

interface Candidate {
  readonly index: number;
  readonly path: string;
  readonly status: FileStatus;
}

class Scan {
  private spent = 0;
  private unread = 0;

  constructor(
    private readonly sources: ScanSources,
    private readonly maxBytes: number,
    private readonly maxFileBytes: number,
    private readonly signal: AbortSignal,
  ) {}

  async run<F>(files: readonly ScannedFile[], factsOf: ReadFacts<F>): Promise<ConfigScan<F>> {
    const facts: (F | null)[] = files.map(() => null);
    const local: Candidate[] = [];
    await this.each(files, async (file, index) => {
      const status = 'path' in file ? await this.sources.files.status(file.path, this.maxFileBytes) : null;
      if ('path' in file && status) local.push({ index, path: file.path, status });
    });
    // Small files first. The order is otherwise that of the request, so that equal scans leave out equal files.
    local.sort((a, b) => a.status.bytes - b.status.bytes || a.index - b.index);
    await this.each(local, async ({ index, path, status }) => {
      facts[index] = await this.local(path, status, factsOf);
    });
    await this.each(files, async (file, index) => {
      if ('uri' in file) facts[index] = await this.remote(file.uri, factsOf);
    });
    return { facts, unread: this.unread, bytes: this.spent };
  }

  private async local<F>(path: string, { bytes, stamp }: FileStatus, factsOf: ReadFacts<F>): Promise<F | null> {
    if (this.isOver(bytes)) return null;
    this.spent += bytes;
    const text = await this.sources.files.readText(path, this.maxFileBytes);
    if (text === null) return null;
    // The file may have grown, and files of /proc report no size.
    this.spent += Math.max(0, text.length - bytes);
    return factsOf(text, stamp);
  }

  /** The size of a file that only the editor can read is known once it is read. */
  private async remote<F>(uri: string, factsOf: ReadFacts<F>): Promise<F | null> {
    if (this.isOver(0)) return null;
    const read = await this.sources.host.readText(uri, this.maxFileBytes);
    if (!read) return null;
    this.spent += read.text.length;
    return factsOf(read.text, read.stamp);
  }

  private isOver(bytes: number): boolean {
    const over = this.spent >= this.maxBytes || this.spent + bytes > this.maxBytes;
    if (over) this.unread++;
    return over;
  }

  private async each<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < items.length) {
        this.signal.throwIfAborted();
        const index = next++;
        await work(items[index]!, index);
      }
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
  }
}
