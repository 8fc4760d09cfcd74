/** Matrix products into tensors that exist already, which a training step repeats without allocating. */

import { blockedGemm } from './blockedGemm';
import { currentEngine } from './engine/current';
import { ShapeError } from './errors';
import type { GemmLayout } from './gemm';
import { formatShape } from './tensor';
import type { Tensor } from './tensor';

/**
 * Writes a product to `out` (m, n), or adds it with `add`. The layouts are those of `Gemm`. Tensors of more than two
 * dimensions count as matrices of their last dimension.
 * @throws ShapeError if the shapes do not fit.
 */
export function multiplyInto(layout: GemmLayout, a: Tensor, b: Tensor, out: Tensor, add = false): void {
  const [aRows, aColumns] = sides(a);
  const [bRows, bColumns] = sides(b);
  const [m, k] = layout === 'TN' ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = layout === 'NT' ? [bColumns, bRows] : [bRows, bColumns];
  if (inner !== k || out.size !== m * n) {
    const got = `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
    throw new ShapeError(`multiplyInto ${layout}`, `operands of ${formatShape(out.shape)}`, got);
  }
  if (m === 0 || n === 0) return;
  const engine = currentEngine();
  const at = engine && [a, b, out].map(({ data }) => engine.addressOf(data));
  if (engine && at?.every((address) => address !== undefined)) {
    engine.multiply({ layout, m, n, k, a: at[0]!, b: at[1]!, out: at[2]!, accumulate: add });
    return;
  }
  const gemm = engine?.gemm ?? blockedGemm;
  const target = add ? new Float32Array(m * n) : out.data;
  gemm(layout, m, n, k, a.data, b.data, target);
  if (add) for (let i = 0; i < target.length; i++) out.data[i] = out.data[i]! + target[i]!;
}

function sides({ shape, size }: Tensor): readonly [rows: number, columns: number] {
  const columns = shape[shape.length - 1] ?? 1;
  return [columns === 0 ? 0 : size / columns, columns];
}
