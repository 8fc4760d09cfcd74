/**
 * Autograd's tape, in bytes: which tensors the forward pass leaves behind for the backward pass.
 *
 * A tensor is kept where an operation needs it for a gradient that is wanted, and counted once however many operations
 * keep it. What is never kept dies in the forward pass and costs nothing here.
 */

/** What a kept tensor belongs to. */
export type Place = 'norm' | 'attention' | 'mlp' | 'adapter' | 'head' | 'cache' | 'autocast';
export const PLACES: readonly Place[] = ['norm', 'attention', 'mlp', 'adapter', 'head', 'cache', 'autocast'];

export interface Value {
  /** Values for each token. */
  readonly width: number;
  /** Bytes of a value. */
  readonly item: number;
  /** Whether its gradient is wanted: something trained is below it. */
  readonly grad: boolean;
  kept: boolean;
}

export class Tape {
  readonly bytes: Record<Place, number> = { norm: 0, attention: 0, mlp: 0, adapter: 0, head: 0, cache: 0, autocast: 0 };

  constructor(readonly tokens: number) {}

  value(width: number, item: number, grad: boolean): Value {
    return { width, item, grad, kept: false };
  }

  keep(value: Value, place: Place): void {
    if (value.kept) return;
    value.kept = true;
    this.bytes[place] += this.tokens * value.width * value.item;
  }

  /** A tensor that nothing else can share: so many bytes for each token. */
  perToken(bytes: number, place: Place): void {
    this.bytes[place] += this.tokens * bytes;
  }

  /** A tensor whose size does not depend on the tokens. */
  once(bytes: number, place: Place): void {
    this.bytes[place] += bytes;
  }

  get total(): number {
    return PLACES.reduce((sum, place) => sum + this.bytes[place], 0);
  }
}
