/** The inspector's requests to its host, with a cache of the answers that are worth keeping. */

import type { InspectorEvents, InspectorRequests, InspectorSnapshot } from '../../../src/protocol/inspector';
import type { BaseComparison } from '../../../src/protocol/baseComparison';
import type { FindingsReport } from '../../../src/protocol/findings';
import { LruCache } from '../../../src/protocol/lruCache';
import type {
  Cell,
  DeltaProducts,
  EntryPlace,
  ExportFormat,
  MatrixRef,
  ModuleMetrics,
  Sought,
  Spectrum,
  Statistics,
  TensorSummary,
} from '../../../src/protocol/matrix';
import type { MethodOverview } from '../../../src/protocol/methodOverview';
import { matrixKey } from '../../../src/protocol/matrixKey';
import type { RequestOptions, Transport } from '../../../src/protocol/rpc';
import { Endpoint } from '../../../src/protocol/rpc';
import type { MatrixSource } from '../../shared/heatmap/types';

/** A statistics record takes about 2 KB, a spectrum less. This is one for each module of a large adapter. */
const ANSWER_CACHE_ENTRIES = 1000;

type NoRequests = Record<never, never>;

interface MatrixShape {
  readonly rows: number;
  readonly columns: number;
}

export class InspectorClient {
  private readonly endpoint: Endpoint<InspectorRequests, NoRequests, NoRequests, InspectorEvents>;
  private readonly statisticsKept = new LruCache<Statistics>(ANSWER_CACHE_ENTRIES);
  private readonly spectraKept = new LruCache<Spectrum>(ANSWER_CACHE_ENTRIES);
  private scannedRows: TensorSummary[] = [];
  private nextToScan: number | null = 0;
  private metricsKept: ModuleMetrics | null = null;
  private overviewKept: MethodOverview | null = null;
  private baseKept: BaseComparison | null = null;
  private reportKept: FindingsReport<string> | null = null;
  /** Counts reloads, so that tiles and late answers of the old file are not mistaken for those of the new one. */
  private generation = 0;

  constructor(transport: Transport) {
    this.endpoint = new Endpoint<InspectorRequests, NoRequests, NoRequests, InspectorEvents>(transport, {});
  }

  onSourceChanged(listener: (change: InspectorEvents['source/changed']) => void): () => void {
    return this.endpoint.on('source/changed', listener);
  }

  onSourceReleased(listener: () => void): () => void {
    return this.endpoint.on('source/released', listener);
  }

  ready(): Promise<InspectorSnapshot> {
    return this.endpoint.request('view/ready', {});
  }

  reload(): Promise<InspectorSnapshot> {
    this.generation++;
    this.statisticsKept.clear();
    this.spectraKept.clear();
    this.metricsKept = null;
    this.overviewKept = null;
    this.baseKept = null;
    this.reportKept = null;
    this.scannedRows = [];
    this.nextToScan = 0;
    return this.endpoint.request('source/reload', {});
  }

  /** The matrix as a source for a heatmap. */
  matrixSource(matrix: MatrixRef, shape: MatrixShape): MatrixSource {
    return {
      id: `${this.generation}:${matrixKey(matrix)}`,
      rows: shape.rows,
      columns: shape.columns,
      readTile: (request, signal) => this.endpoint.request('tile/read', { matrix, ...request }, { signal }),
    };
  }

  readCell(matrix: MatrixRef, row: number, column: number, signal?: AbortSignal): Promise<Cell> {
    return this.endpoint.request('cell/read', { matrix, row, column }, { signal });
  }

  find(
    matrix: MatrixRef,
    sought: Sought,
    after: EntryPlace | undefined,
    options: RequestOptions,
  ): Promise<EntryPlace | null> {
    return this.endpoint.request('cell/find', { matrix, sought, ...(after && { after }) }, options);
  }

  /** Statistics of a matrix, read once. Those of a very large matrix come from a sample unless `whole` is set. */
  async statistics(
    matrix: MatrixRef,
    { whole = false, ...options }: RequestOptions & { readonly whole?: boolean } = {},
  ): Promise<Statistics> {
    const key = matrixKey(matrix);
    const kept = this.statisticsKept.get(key);
    if (kept && !(whole && kept.sampled)) return kept;
    const { generation } = this;
    const statistics = await this.endpoint.request('matrix/statistics', { matrix, ...(whole && { whole }) }, options);
    if (generation === this.generation) this.statisticsKept.set(key, statistics);
    return statistics;
  }

  /** Statistics of a small sample, to choose the colours by. They arrive quickly and are not kept. */
  glance(matrix: MatrixRef, signal?: AbortSignal): Promise<Statistics> {
    return this.endpoint.request('matrix/statistics', { matrix, quick: true }, { signal });
  }

  /** The statistics at hand, without a request. */
  knownStatistics(matrix: MatrixRef): Statistics | undefined {
    return this.statisticsKept.get(matrixKey(matrix));
  }

  products(
    module: string,
    row: number,
    column: number,
    step: number | undefined,
    signal?: AbortSignal,
  ): Promise<DeltaProducts> {
    return this.endpoint.request(
      'lora/products',
      { module, row, column, ...(step !== undefined && { step }) },
      { signal },
    );
  }

  async spectrum(module: string, step: number | undefined, signal?: AbortSignal): Promise<Spectrum> {
    const key = JSON.stringify([module, step ?? null]);
    const kept = this.spectraKept.get(key);
    if (kept) return kept;
    const { generation } = this;
    const spectrum = await this.endpoint.request(
      'lora/spectrum',
      { module, ...(step !== undefined && { step }) },
      { signal },
    );
    if (generation === this.generation) this.spectraKept.set(key, spectrum);
    return spectrum;
  }

  async metrics(options: RequestOptions = {}): Promise<ModuleMetrics> {
    if (this.metricsKept) return this.metricsKept;
    const { generation } = this;
    const metrics = await this.endpoint.request('lora/metrics', {}, options);
    if (generation === this.generation) this.metricsKept = metrics;
    return metrics;
  }

  /** The measures of (IA)³ vectors, bottleneck adapters and prompts. */
  async methodOverview(options: RequestOptions = {}): Promise<MethodOverview> {
    if (this.overviewKept) return this.overviewKept;
    const { generation } = this;
    const overview = await this.endpoint.request('methods/overview', {}, options);
    if (generation === this.generation) this.overviewKept = overview;
    return overview;
  }

  /** The comparison with the base's weights, if they were read. */
  get base(): BaseComparison | null {
    return this.baseKept;
  }

  /** Reads the base's weights: those that are found on the disk, or those that the user chooses. `null` without any. */
  async compareWithBase(choose: boolean, options: RequestOptions): Promise<BaseComparison | null> {
    const { generation } = this;
    const base = await this.endpoint.request('base/compare', { choose }, options);
    if (base && generation === this.generation) this.baseKept = base;
    return base;
  }

  /** The report on the header or on all values. The latter is kept. */
  async findings(values: boolean, options: RequestOptions = {}): Promise<FindingsReport<string>> {
    if (this.reportKept) return this.reportKept;
    const { generation } = this;
    const report = await this.endpoint.request('findings/read', { values }, options);
    if (values && generation === this.generation) this.reportKept = report;
    return report;
  }

  /** Summaries of the tensors that `scan` has read so far, in file order. */
  get scanned(): readonly TensorSummary[] {
    return this.scannedRows;
  }

  /** The next tensor to scan; `null` once every tensor is in `scanned`. */
  get scanNext(): number | null {
    return this.nextToScan;
  }

  /** Continues the scan of the whole checkpoint until it is complete or cancelled. Its rows are kept. */
  async scan(options: RequestOptions & { readonly onRows: (rows: readonly TensorSummary[]) => void }): Promise<void> {
    while (this.nextToScan !== null) {
      const { generation } = this;
      const { rows, next } = await this.endpoint.request('tensors/scan', { first: this.nextToScan }, options);
      if (generation !== this.generation) return;
      for (const row of rows) this.scannedRows.push(row);
      this.nextToScan = next;
      options.onRows(rows);
    }
  }

  saveText(text: string, suggestedName: string): Promise<string | null> {
    return this.endpoint.request('table/save', { text, suggestedName });
  }

  exportMatrix(matrix: MatrixRef, format: ExportFormat, suggestedName: string): Promise<string | null> {
    return this.endpoint.request('matrix/export', { matrix, format, suggestedName });
  }

  savePicture(png: Uint8Array, suggestedName: string): Promise<string | null> {
    return this.endpoint.request('picture/save', { png, suggestedName });
  }

  copy(text: string): Promise<void> {
    return this.endpoint.request('clipboard/write', { text });
  }
}
