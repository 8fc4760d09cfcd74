/**
 * A batch of token sequences as one list of rows: sequence after sequence, without padding. Virtual tokens of a prompt
 * are rows too. A row that must predict its next token is a target row.
 */

import { ArgumentError, describeValue, ShapeError } from '../tensor/errors';
import type { AttentionSpans } from '../tensor/layers/attentionSpans';

/** The label of a token that nothing has to predict, as in PyTorch. */
export const IGNORED_LABEL = -100;

export interface TokenBatch {
  readonly rows: number;
  /** First row of each sequence, and the number of rows: (sequences + 1). */
  readonly starts: Int32Array;
  /** The token of each row; virtual token i is -1 - i. */
  readonly tokens: Int32Array;
  /** The position of each row, where a prefix takes the first positions. */
  readonly positions: Int32Array;
  /** The rows that must predict, in ascending order, and what they must predict. */
  readonly targetRows: Int32Array;
  readonly labels: Int32Array;
  readonly promptLength: number;
  readonly prefixLength: number;
  /** Positions of the longest sequence before any trimming, on which some rotary frequencies depend. */
  readonly positionCount: number;
}

/** Values beyond the last key that the engine may write, because it computes four at once. */
const SPARE_KEYS = 3;

interface BatchOptions {
  /** A list of token ids for each sequence. */
  readonly tokens: readonly (readonly number[])[];
  /** A label for each token: the token itself if the one before it must predict it, or -100. */
  readonly labels: readonly (readonly number[])[];
  readonly vocabulary: number;
  /** Virtual tokens before each sequence. */
  readonly promptLength: number;
  /** Keys and values before each sequence, which are no rows. */
  readonly prefixLength: number;
  /** Cuts each sequence after its last target: later rows cannot affect the loss, because attention is causal. */
  readonly trimmed: boolean;
}

/** @throws ShapeError, ArgumentError */
export function createBatch(options: BatchOptions): TokenBatch {
  const { promptLength, prefixLength, trimmed } = options;
  checkSequences(options);
  const starts = [0];
  const tokens: number[] = [];
  const positions: number[] = [];
  const targetRows: number[] = [];
  const labels: number[] = [];
  options.tokens.forEach((sequence, index) => {
    const start = tokens.length;
    const wanted = options.labels[index]!;
    const length = promptLength + sequence.length;
    for (let i = 0; i + 1 < length; i++) {
      const label = wanted[i + 1 - promptLength];
      if (label === undefined || label === IGNORED_LABEL) continue;
      targetRows.push(start + i);
      labels.push(label);
    }
    const last = targetRows[targetRows.length - 1] ?? -1;
    const end = trimmed ? Math.max(start, last + 1) : start + length;
    for (let row = start; row < end; row++) {
      const i = row - start;
      tokens.push(i < promptLength ? -1 - i : sequence[i - promptLength]!);
      positions.push(prefixLength + i);
    }
    starts.push(tokens.length);
  });
  return {
    rows: tokens.length,
    starts: Int32Array.from(starts),
    tokens: Int32Array.from(tokens),
    positions: Int32Array.from(positions),
    targetRows: Int32Array.from(targetRows),
    labels: Int32Array.from(labels),
    promptLength,
    prefixLength,
    positionCount: prefixLength + promptLength + Math.max(...options.tokens.map(({ length }) => length)),
  };
}

function checkSequences({ tokens, labels, vocabulary }: BatchOptions): void {
  if (!Array.isArray(tokens) || tokens.length === 0)
    throw new ArgumentError('tokens', 'at least one sequence', describeValue(tokens));
  if (labels?.length !== tokens.length)
    throw new ShapeError('labels', `${tokens.length} sequences`, String(labels?.length));
  tokens.forEach((sequence: readonly number[], index) => {
    const wanted: readonly number[] = labels[index]!;
    if (wanted.length !== sequence.length)
      throw new ShapeError(`labels[${index}]`, `${sequence.length} labels`, String(wanted.length));
    const isToken = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < vocabulary;
    const stray = sequence.find((id) => !isToken(id)) ?? wanted.find((id) => id !== IGNORED_LABEL && !isToken(id));
    if (stray === undefined) return;
    throw new ArgumentError(`sequence ${index}`, `token ids from 0 to ${vocabulary - 1}`, describeValue(stray));
  });
}

/**
 * The keys that each query row sees: the prefix, and the rows of its sequence up to itself.
 * @param queries the rows that are queries, in ascending order; `null` for all rows.
 * @param window the number of latest keys that a query sees; `null` for all.
 */
export function attentionSpans(batch: TokenBatch, queries: Int32Array | null, window: number | null): AttentionSpans {
  const { starts, prefixLength } = batch;
  const sequences = starts.length - 1;
  const rows = queries ?? Int32Array.from({ length: batch.rows }, (_, row) => row);
  const queryStarts = new Int32Array(sequences + 1);
  const [firstKeys, endKeys] = [new Int32Array(rows.length), new Int32Array(rows.length)];
  let query = 0;
  let mostKeys = 0;
  for (let sequence = 0; sequence < sequences; sequence++) {
    queryStarts[sequence] = query;
    mostKeys = Math.max(mostKeys, prefixLength + starts[sequence + 1]! - starts[sequence]!);
    for (; query < rows.length && rows[query]! < starts[sequence + 1]!; query++) {
      const end = prefixLength + rows[query]! - starts[sequence]! + 1;
      endKeys[query] = end;
      firstKeys[query] = window === null ? 0 : Math.max(0, end - window);
    }
  }
  queryStarts[sequences] = query;
  const keyStarts = starts.map((start, sequence) => start + sequence * prefixLength);
  return { queryStarts, keyStarts, firstKeys, endKeys, mostKeys, rowLength: mostKeys + SPARE_KEYS };
}
