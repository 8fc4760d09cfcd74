/** Files that the planner gets from the host: documents of virtual file systems, and summaries of weights. */

import { LruCache } from '../protocol/lruCache';
import { unpackJson } from '../protocol/packedDescription';
import type { AdapterWeights, PlannerQuestions, WeightsReference } from '../protocol/planner';
import type { Params, RequestOptions, Result } from '../protocol/rpc';

export interface HostFiles {
  /** The text of a file of a virtual file system; `null` if it cannot be read or has more than `limit` bytes. */
  readText(uri: string, limit: number): Promise<{ readonly text: string; readonly stamp: string } | null>;
  /** `null` if the file cannot be read. */
  weights(uri: string): Promise<AdapterWeights | null>;
}

type AskHost = <M extends keyof PlannerQuestions & string>(
  method: M,
  params: Params<PlannerQuestions[M]>,
  options?: RequestOptions,
) => Promise<Result<PlannerQuestions[M]>>;

/** A file system of the editor may be a server that wakes up for the first read. */
const DEADLINE_MS = 30_000;

/** The host passes bytes on. This thread decodes and parses them. */
export function hostFiles(ask: AskHost): HostFiles {
  return {
    async readText(uri, limit) {
      try {
        const signal = AbortSignal.timeout(DEADLINE_MS);
        const { bytes, size, modified } = await ask('file/read', { uri, limit }, { signal });
        return bytes && { text: new TextDecoder().decode(bytes), stamp: `${size}:${modified}` };
      } catch {
        // The file is gone, is not a file, or its file system does not answer.
        return null;
      }
    },
    async weights(uri) {
      const packed = await ask('weights/summarise', { uri }, {});
      return packed && ((await unpackJson(packed)) as AdapterWeights);
    },
  };
}

/** Characters of the names in cached summaries. Those of a usual adapter take 50,000, so all that are edited fit. */
const MAX_KEPT_CHARACTERS = 16 << 20;

interface KeptWeights {
  readonly stamp: string;
  readonly weights: AdapterWeights | null;
  readonly characters: number;
}

/** Adapters' weights. The host is asked once for each state of a file. */
export class AdapterWeightsCache {
  private readonly kept = new LruCache<KeptWeights>(MAX_KEPT_CHARACTERS, { sizeOf: ({ characters }) => characters });

  constructor(private readonly host: Pick<HostFiles, 'weights'>) {}

  /** `null` without weights, or if they cannot be read. */
  async find(reference: WeightsReference | null): Promise<AdapterWeights | null> {
    if (!reference) return null;
    const { uri, stamp } = reference;
    const kept = this.kept.get(uri);
    if (kept?.stamp === stamp) return kept.weights;
    const weights = await this.host.weights(uri);
    this.kept.set(uri, { stamp, weights, characters: uri.length + charactersOf(weights) });
    return weights;
  }
}

function charactersOf(weights: AdapterWeights | null): number {
  let characters = 0;
  for (const { name } of weights?.tensors ?? []) characters += name.length;
  for (const { module, a } of weights?.lora ?? []) characters += module.length + a.length;
  return characters;
}
