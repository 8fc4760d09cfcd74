/** A map of limited weight that drops the entries used longest ago. No DOM. */

interface Limits<K, V> {
  /** The largest sum of weights. The entry set last stays even if it alone weighs more. */
  readonly limit: number;
  /** Weight of a value. By default every value weighs 1, and `limit` is a number of entries. */
  readonly weigh?: (value: V) => number;
  /** Called for each entry that is dropped to make room. */
  readonly forgotten?: (key: K, value: V) => void;
}

export class RecentlyUsed<K, V> {
  // A Map iterates in insertion order. Removing an entry and adding it again moves it to the end.
  private readonly entries = new Map<K, V>();
  private total = 0;

  constructor(private readonly limits: Limits<K, V>) {}

  /** Sum of the weights. */
  get weight(): number {
    return this.total;
  }

  /** Does not count as a use. */
  has(key: K): boolean {
    return this.entries.has(key);
  }

  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.remove(key);
    this.entries.set(key, value);
    this.total += this.weightOf(value);
    for (const [oldest, dropped] of this.entries) {
      if (this.total <= this.limits.limit || oldest === key) break;
      this.remove(oldest);
      this.limits.forgotten?.(oldest, dropped);
    }
  }

  clear(): void {
    this.entries.clear();
    this.total = 0;
  }

  private remove(key: K): void {
    const value = this.entries.get(key);
    if (value !== undefined && this.entries.delete(key)) this.total -= this.weightOf(value);
  }

  private weightOf(value: V): number {
    return this.limits.weigh?.(value) ?? 1;
  }
}
