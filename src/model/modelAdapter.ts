/** What a method adds to a model. The model asks while it is built; each method answers for the parts it adapts. */

import type { LoraEmbedding } from './adapters/loraEmbedding';
import type { Join } from './join';
import type { Parameter } from './parameter';
import type { Linear, Projection } from './projection';

/** The places in a block where a bottleneck adapter can stand. */
export type JoinPlace = 'attention' | 'feedForward';

export interface ModelAdapter {
  /** The tensors of the adapter, under the names of its file. Frozen ones are included. */
  readonly parameters: readonly Parameter[];
  /** A weight or bias that the adapter's file holds in place of the model's own: 'lm_head.weight'. */
  replacement(tensor: string): Parameter | null;
  /** The projection of a module with what the method adds to it, or the plain one. */
  project(module: string, plain: Linear): Projection;
  embed(module: string): LoraEmbedding | null;
  /** `null` for the plain sum. */
  join(layer: number, place: JoinPlace): Join | null;
  /** Virtual tokens before the input, (promptLength, hidden). */
  readonly prompt: Parameter | null;
  /** Keys and values before those of every layer, (prefixLength, layers·2·keyValueWidth). */
  readonly prefix: Parameter | null;
}

/** The model alone. Methods spread it and override what they adapt. */
export const NO_ADAPTER: ModelAdapter = {
  parameters: [],
  replacement: () => null,
  project: (_, plain) => plain,
  embed: () => null,
  join: () => null,
  prompt: null,
  prefix: null,
};
