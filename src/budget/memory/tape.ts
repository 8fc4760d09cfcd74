/**
 * Autograd's tape in bytes: the tensors that the forward pass keeps for the backward pass.
 *
 * A tensor is kept if an operation needs it for a gradient. It counts once, even if several operations keep it. A
 * tensor that no operation keeps is freed during the forward pass and does not count.
 */

/** The part of the model that a kept tensor belongs to. */
export type Place = 'norm' | 'attention' | 'mlp' | 'adapter' | 'head' | 'cache' | 'autocast';
export const PLACES: readonly Place[] = ['norm', 'attention', 'mlp', 'adapter', 'head', 'cache', 'autocast'];

export interface Value {
  /** Values per token. */
  readonly width: number;
  /** Bytes of a value. */
  readonly item: number;
  /** Whether its gradient is needed, because something below it is trained. */
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

  /** Adds a tensor that no other operation shares. */
  perToken(bytes: number, place: Place): void {
    this.bytes[place] += this.tokens * bytes;
  }

  /** Adds a tensor whose size does not depend on the tokens. */
  once(bytes: number, place: Place): void {
    this.bytes[place] += bytes;
  }

  get total(): number {
    return PLACES.reduce((sum, place) => sum + this.bytes[place], 0);
  }
}
