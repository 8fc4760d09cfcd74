/**
 * Causal self-attention with rotary positions and grouped heads. Keys and values of a prefix (Li and Liang 2021), which
 * have no position, stand before those of the tokens.
 *
 *     q, k, v = projections of x; per-head norms in some families; q and k rotated
 *     y = output projection of attention(q, [prefix; k], [prefix; v])
 *
 * The last block computes only the rows whose output is needed; the other rows still are keys and values.
 */

import type { AttentionOperands } from '../tensor/layers/attention';
import type { AttentionHeads, AttentionSpans } from '../tensor/layers/attentionSpans';
import { attention, attentionBackward } from '../tensor/layers/attention';
import { rotate } from '../tensor/layers/rotary';
import type { RotaryTable } from '../tensor/layers/rotary';
import { gatherRows, scatterRows } from '../tensor/layers/rows';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import type { TokenBatch } from './batch';
import { attentionSpans } from './batch';
import type { Norm } from './norm';
import type { LayerPrefix } from './prefix';
import type { Projection } from './projection';

interface AttentionParts {
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly output: Projection;
  /** Norms of each head, in the families that have them. */
  readonly queryNorm: Norm | null;
  readonly keyNorm: Norm | null;
  readonly prefix: LayerPrefix | null;
  readonly sizes: AttentionHeads;
  /** The number of latest keys that a query sees; `null` if it sees all. */
  readonly window: number | null;
}

/** What the forward pass of a batch needs in every layer. */
export interface Pass {
  readonly batch: TokenBatch;
  readonly rotary: RotaryTable;
}

interface AttentionCache {
  readonly pass: Pass;
  /** The rows that are queries, or `null` for all of them. */
  readonly rows: Int32Array | null;
  readonly queryPositions: Int32Array;
  readonly spans: AttentionSpans;
  readonly operands: AttentionOperands;
}

export class SelfAttention {
  readonly trains: boolean;
  private cache: AttentionCache | null = null;

  constructor(
    private readonly parts: AttentionParts,
    private readonly workspace: Workspace,
  ) {
    const { query, key, value, output, queryNorm, keyNorm, prefix } = parts;
    this.trains = [query, key, value, output, queryNorm, keyNorm, prefix].some((part) => part?.trains);
  }

  /**
   * @param x (rows, hidden).
   * @param rows the rows to compute, in ascending order; `null` for all.
   * @returns (computed rows, hidden).
   */
  forward(x: Tensor, pass: Pass, rows: Int32Array | null): Tensor {
    const { parts, workspace } = this;
    const { batch, rotary } = pass;
    const queryPositions = rows ? rows.map((row) => batch.positions[row]!) : batch.positions;
    const projected = parts.query.forward(rows ? gathered(x, rows, workspace) : x);
    const query = parts.queryNorm?.forward(projected) ?? projected;
    rotate(query, rotary, queryPositions, 1);
    const projectedKey = parts.key.forward(x);
    const ownKey = parts.keyNorm?.forward(projectedKey) ?? projectedKey;
    rotate(ownKey, rotary, batch.positions, 1);
    const ownValue = parts.value.forward(x);

    const key = parts.prefix?.prepend('key', ownKey, batch) ?? ownKey;
    const value = parts.prefix?.prepend('value', ownValue, batch) ?? ownValue;
    const spans = attentionSpans(batch, rows, parts.window);
    const probabilities = workspace.take(query.shape[0]!, parts.sizes.heads, spans.rowLength);
    const operands = { query, key, value, probabilities };
    const mixed = workspace.take(...query.shape);
    attention(operands, spans, parts.sizes, mixed);
    this.cache = { pass, rows, queryPositions, spans, operands };
    return parts.output.forward(mixed);
  }

  /** Adds to the gradients of all parts, and to `gradX` (rows, hidden) unless it is `null`. */
  backward(gradY: Tensor, gradX: Tensor | null): void {
    const { parts, workspace } = this;
    const { pass, rows, queryPositions, spans, operands } = this.cache!;
    const { batch, rotary } = pass;
    const gradOut = workspace.zeros(...operands.query.shape);
    parts.output.backward(gradY, gradOut);
    const gradQuery = workspace.take(...operands.query.shape);
    const gradKeys = workspace.take(...operands.key.shape);
    const gradValues = workspace.take(...operands.value.shape);
    attentionBackward(operands, spans, parts.sizes, { gradOut, gradQuery, gradKey: gradKeys, gradValue: gradValues });

    const gradKey = parts.prefix?.separate('key', gradKeys, batch) ?? gradKeys;
    const gradValue = parts.prefix?.separate('value', gradValues, batch) ?? gradValues;
    rotate(gradQuery, rotary, queryPositions, -1);
    rotate(gradKey, rotary, batch.positions, -1);
    const gradQueryRows = rows && gradX ? workspace.zeros(rows.length, gradX.shape[1]!) : gradX;
    parts.query.backward(this.throughNorm(parts.queryNorm, gradQuery), gradQueryRows);
    if (rows && gradX) scatterRows(gradQueryRows!, rows, gradX);
    parts.key.backward(this.throughNorm(parts.keyNorm, gradKey), gradX);
    parts.value.backward(gradValue, gradX);
  }

  private throughNorm(norm: Norm | null, gradOut: Tensor): Tensor {
    if (!norm) return gradOut;
    const gradX = this.workspace.zeros(...gradOut.shape);
    norm.backward(gradOut, gradX);
    return gradX;
  }
}

/** The chosen rows of x. */
export function gathered(x: Tensor, rows: Int32Array, workspace: Workspace): Tensor {
  const out = workspace.take(rows.length, x.shape[1]!);
  gatherRows(x, rows, out);
  return out;
}
