/**
 * The 3 x 12 micro-kernel: 9 accumulators, three vectors of B and one broadcast of A. It has fewer live registers than
 * 6 x 8 and more loads, so it is slightly slower if nothing spills and much faster if 6 x 8 spills. See micro6x8.ts.
 */
import { multiplyAdd } from './multiplyAdd';

/** C = A * B for one tile: a holds `depth` columns of 3, b `depth` rows of 12; ldc is in bytes. */
export function set3x12(depth: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c22 = f32x4.splat(0);
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    let x = v128.load32_splat(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    c02 = multiplyAdd(x, b2, c02);
    x = v128.load32_splat(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    c12 = multiplyAdd(x, b2, c12);
    x = v128.load32_splat(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    c22 = multiplyAdd(x, b2, c22);
    a += 12;
    b += 48;
  } while (--depth);
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  c += ldc;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  v128.store(c, c12, 32);
  c += ldc;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  v128.store(c, c22, 32);
}

/** C += A * B for one tile: a holds `depth` columns of 3, b `depth` rows of 12; ldc is in bytes. */
export function add3x12(depth: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c22 = f32x4.splat(0);
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    let x = v128.load32_splat(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    c02 = multiplyAdd(x, b2, c02);
    x = v128.load32_splat(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    c12 = multiplyAdd(x, b2, c12);
    x = v128.load32_splat(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    c22 = multiplyAdd(x, b2, c22);
    a += 12;
    b += 48;
  } while (--depth);
  v128.store(c, f32x4.add(v128.load(c), c00));
  v128.store(c, f32x4.add(v128.load(c, 16), c01), 16);
  v128.store(c, f32x4.add(v128.load(c, 32), c02), 32);
  c += ldc;
  v128.store(c, f32x4.add(v128.load(c), c10));
  v128.store(c, f32x4.add(v128.load(c, 16), c11), 16);
  v128.store(c, f32x4.add(v128.load(c, 32), c12), 32);
  c += ldc;
  v128.store(c, f32x4.add(v128.load(c), c20));
  v128.store(c, f32x4.add(v128.load(c, 16), c21), 16);
  v128.store(c, f32x4.add(v128.load(c, 32), c22), 32);
}
