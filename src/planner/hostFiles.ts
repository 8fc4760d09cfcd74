/** Files that the planner gets from the host: documents of virtual file systems, and summaries of weights. */

import { LruCache } from '../protocol/lruCache';
import type { AdapterWeights, WeightsReference } from '../protocol/planner';

export interface HostFiles {
  /** The parsed config.json at `uri`; `null` if it is gone. */
  modelConfig(uri: string): Promise<unknown>;
  /** `null` if the file cannot be read. */
  weights(uri: string): Promise<AdapterWeights | null>;
}

/** How many adapters' weights are cached: more than anyone edits at a time. */
const MAX_KEPT = 16;

/** Adapters' weights. The host is asked once for each state of a file. */
export class AdapterWeightsCache {
  private readonly kept = new LruCache<{ readonly stamp: string; readonly weights: AdapterWeights | null }>(MAX_KEPT);

  constructor(private readonly host: Pick<HostFiles, 'weights'>) {}

  /** `null` without weights, or if they cannot be read. */
  async find(reference: WeightsReference | null): Promise<AdapterWeights | null> {
    if (!reference) return null;
    const { uri, stamp } = reference;
    const kept = this.kept.get(uri);
    if (kept?.stamp === stamp) return kept.weights;
    const weights = await this.host.weights(uri);
    this.kept.set(uri, { stamp, weights });
    return weights;
  }
}
