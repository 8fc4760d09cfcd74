/** The sizes of attention over several sequences: heads, and the keys that each query sees. */

/** The keys that each query row sees. */
export interface AttentionSpans {
  /** First row of each sequence among the queries and among the keys, and the number of rows: (sequences + 1). */
  readonly queryStarts: Int32Array;
  readonly keyStarts: Int32Array;
  /** The first key that each query row sees, and the end of those, counted from the sequence's first key. */
  readonly firstKeys: Int32Array;
  readonly endKeys: Int32Array;
  /** Keys of the longest sequence. */
  readonly mostKeys: number;
  /** The length of a row of probabilities: more than mostKeys, because the engine computes four of them at once. */
  readonly rowLength: number;
}

export interface AttentionHeads {
  readonly heads: number;
  /** Divides `heads`. */
  readonly keyValueHeads: number;
  readonly headDim: number;
}
