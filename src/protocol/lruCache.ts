/** A cache of limited size that drops the least recently used entries first. */

interface LruOptions<V> {
  /** Size of a value, in the unit of the limit; 1 by default, so that the limit counts entries. */
  readonly sizeOf?: (value: V) => number;
  /** Keeps a new value that alone exceeds the limit until the next one is set. By default it is not kept. */
  readonly keepsNewest?: boolean;
  /** Called for each value that is dropped to make room. */
  readonly dropped?: (value: V) => void;
}

interface Entry<V> {
  readonly value: V;
  readonly size: number;
}

export class LruCache<V, K = string> {
  private used = 0;
  /** A Map iterates in insertion order, so the first key is always the least recently used. */
  private readonly entries = new Map<K, Entry<V>>();
  private readonly sizeOf: (value: V) => number;
  private readonly keepsNewest: boolean;
  private readonly dropped: ((value: V) => void) | undefined;

  constructor(
    private readonly limit: number,
    { sizeOf = () => 1, keepsNewest = false, dropped }: LruOptions<V> = {},
  ) {
    this.sizeOf = sizeOf;
    this.keepsNewest = keepsNewest;
    this.dropped = dropped;
  }

  /** Total size of the kept values. */
  get size(): number {
    return this.used;
  }

  /** Does not count as a use. */
  has(key: K): boolean {
    return this.entries.has(key);
  }

  get(key: K): V | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    const size = this.sizeOf(value);
    if (size > this.limit && !this.keepsNewest) return;
    this.entries.set(key, { value, size });
    this.used += size;
    for (const [oldest, entry] of this.entries) {
      if (this.used <= this.limit || oldest === key) break;
      this.delete(oldest);
      this.dropped?.(entry.value);
    }
  }

  clear(): void {
    this.entries.clear();
    this.used = 0;
  }

  private delete(key: K): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.used -= entry.size;
  }
}
