/** Measures every (IA)³ vector, bottleneck adapter and soft prompt of a source in one pass over its weights. */

import { placeModules } from '../../checkpoint/adapters/layerGroups';
import type { BottleneckInfo, PromptInfo } from '../../checkpoint/sourceDescription';
import type { BottleneckMeasures, MethodOverview, PromptMeasures, VectorMeasures } from '../../protocol/methodOverview';
import type { Progress } from '../../protocol/rpc';
import type { MatrixSource } from '../matrixSource';
import { Pacer } from '../../checkpoint/pacer';
import { bottleneckMeasures } from './bottleneckMeasures';
import { tokenNorms } from './promptSimilarity';
import { readMatrix } from './readMatrix';
import { vectorMeasures } from './vectorMeasures';

/** A module that cannot be read is among the failures. Rejects only with the signal's reason. */
export async function methodOverview(
  source: MatrixSource,
  progress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<MethodOverview> {
  const overview = new Overview(source, progress, signal);
  const vectors = await overview.vectors();
  const bottlenecks = await overview.bottlenecks();
  const prompts = await overview.prompts();
  return { vectors, bottlenecks, prompts, failures: overview.failures };
}

class Overview {
  readonly failures: { module: string; message: string }[] = [];
  private readonly ia3: readonly { readonly module: string; readonly tensor: string }[];
  private readonly pacer: Pacer;
  private readonly total: number;
  private done = 0;

  constructor(
    private readonly source: MatrixSource,
    private readonly progress: (progress: Progress) => void,
    private readonly signal?: AbortSignal,
  ) {
    const { adapters = [], bottlenecks, prompts } = source.description;
    this.ia3 = adapters
      .filter(({ method }) => method === 'IA3')
      .flatMap(({ module, factors }) => factors.filter(isVector).map(({ tensor }) => ({ module, tensor })));
    this.total = this.ia3.length + bottlenecks.length + prompts.length;
    this.pacer = new Pacer(signal);
  }

  async vectors(): Promise<VectorMeasures[]> {
    const places = await this.pacer.run(placeModules(this.ia3.map(({ module }) => module)));
    return this.each(this.ia3, async ({ module, tensor }, i) => {
      const values = await this.read(tensor);
      return { module, tensor, ...places[i]!, ...vectorMeasures(values) };
    });
  }

  async bottlenecks(): Promise<BottleneckMeasures[]> {
    const { bottlenecks } = this.source.description;
    const places = await this.pacer.run(placeModules(bottlenecks.map(({ module }) => module)));
    return this.each(bottlenecks, async (info: BottleneckInfo, i) => {
      const down = await this.read(info.wDown);
      const up = await this.read(info.wUp);
      const bias = info.downBias === undefined ? null : await this.read(info.downBias);
      return { module: info.module, ...places[i]!, ...bottleneckMeasures(down, up, info.bottleneckDim, bias) };
    });
  }

  async prompts(): Promise<PromptMeasures[]> {
    return this.each(this.source.description.prompts, async ({ module, prompt, promptLength }: PromptInfo) => ({
      module,
      norms: tokenNorms(await this.read(prompt), promptLength),
    }));
  }

  private async read(name: string): Promise<Float64Array> {
    const matrix = await this.source.matrix({ kind: 'entries', name }, this.signal);
    return readMatrix(matrix, name, this.signal);
  }

  private async each<T extends { readonly module: string }, R>(
    items: readonly T[],
    measure: (item: T, index: number) => Promise<R>,
  ): Promise<R[]> {
    const measured: R[] = [];
    for (const [i, item] of items.entries()) {
      await this.pacer.pause();
      try {
        measured.push(await measure(item, i));
      } catch (error) {
        this.signal?.throwIfAborted();
        this.failures.push({ module: item.module, message: error instanceof Error ? error.message : String(error) });
      }
      this.progress({ done: ++this.done, total: this.total, message: item.module });
    }
    return measured;
  }
}

/** kohya stores a flag beside each vector. */
function isVector({ shape }: { readonly shape: readonly number[] }): boolean {
  return shape.reduce((product, size) => product * size, 1) > 1;
}
