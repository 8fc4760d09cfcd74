/**
 * LoRA's forward and backward pass on resident arrays, as the engine is meant to be used: the weight is packed once.
 */

import type { Engine } from '../../src/tensor/engine/engine';
import type { PackedMatrix, ResidentArray } from '../../src/tensor/engine/resident';

export class ResidentLoraLayer {
  readonly gradA: ResidentArray;
  readonly gradB: ResidentArray;
  readonly gradX: ResidentArray;
  readonly out: ResidentArray;
  private readonly ax: ResidentArray;
  private readonly gradAx: ResidentArray;
  private readonly forwardWeight: PackedMatrix;
  private readonly backwardWeight: PackedMatrix;

  /** w (d, d), a (r, d), b (d, r), all resident. The input has `tokens` rows. */
  constructor(
    private readonly engine: Engine,
    w: ResidentArray,
    private readonly a: ResidentArray,
    private readonly b: ResidentArray,
    private readonly tokens: number,
    private readonly d: number,
    private readonly r: number,
    private readonly scaling: number,
  ) {
    this.forwardWeight = engine.pack('NT', d, d, w.address);
    this.backwardWeight = engine.pack('NN', d, d, w.address);
    [this.gradA, this.gradB] = [engine.allocate(r * d), engine.allocate(d * r)];
    [this.gradX, this.out] = [engine.allocate(tokens * d), engine.allocate(tokens * d)];
    [this.ax, this.gradAx] = [engine.allocate(tokens * r), engine.allocate(tokens * r)];
  }

  private scale(array: ResidentArray): void {
    const { data } = array;
    for (let i = 0; i < data.length; i++) data[i]! *= this.scaling;
  }

  /** x·Wᵀ + scaling·(x·Aᵀ)·Bᵀ. */
  forward(x: ResidentArray): void {
    const { engine, tokens: m, d, r } = this;
    engine.multiply({ layout: 'NT', m, n: r, k: d, a: x.address, b: this.a.address, out: this.ax.address });
    this.scale(this.ax);
    engine.multiply({ layout: 'NT', m, n: d, k: d, a: x.address, b: this.forwardWeight, out: this.out.address });
    engine.multiply({
      layout: 'NT',
      m,
      n: d,
      k: r,
      a: this.ax.address,
      b: this.b.address,
      out: this.out.address,
      accumulate: true,
    });
  }

  /** The scaling was applied to x·Aᵀ, which is small, and not to the gradient, which is large. */
  backward(x: ResidentArray, grad: ResidentArray): void {
    const { engine, tokens, d, r } = this;
    engine.multiply({
      layout: 'TN',
      m: d,
      n: r,
      k: tokens,
      a: grad.address,
      b: this.ax.address,
      out: this.gradB.address,
    });
    engine.multiply({
      layout: 'NN',
      m: tokens,
      n: r,
      k: d,
      a: grad.address,
      b: this.b.address,
      out: this.gradAx.address,
    });
    this.scale(this.gradAx);
    engine.multiply({
      layout: 'TN',
      m: r,
      n: d,
      k: tokens,
      a: this.gradAx.address,
      b: x.address,
      out: this.gradA.address,
    });
    engine.multiply({
      layout: 'NN',
      m: tokens,
      n: d,
      k: d,
      a: grad.address,
      b: this.backwardWeight,
      out: this.gradX.address,
    });
    engine.multiply({
      layout: 'NN',
      m: tokens,
      n: d,
      k: r,
      a: this.gradAx.address,
      b: this.a.address,
      out: this.gradX.address,
      accumulate: true,
    });
  }
}
