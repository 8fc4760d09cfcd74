import { strict as assert } from 'node:assert';
import type { BoundKernels, GemmKernels, ScanKernels } from '../../../../src/tensor/engine/kernels';
import { fastestBuild } from '../../../../src/tensor/engine/kernels';

/** Builds whose products take these milliseconds in turn, repeating the last one; and the clock that they advance. */
function builds(...times: number[][]): { readonly kernels: BoundKernels; readonly now: () => number } {
  let clock = 0;
  const gemm = times.map((list): GemmKernels => {
    let call = 0;
    const sgemm = (): number => {
      clock += list[Math.min(call++, list.length - 1)]!;
      return 0;
    };
    const none = (): number => 0;
    return { sgemm, workBytes: none, packedBytes: none, tileColumns: none, pack: none, sgemmPacked: none };
  });
  return { kernels: { scan: {} as ScanKernels, gemm }, now: () => clock };
}

function chosen(...times: number[][]): number {
  const { kernels, now } = builds(...times);
  return fastestBuild(kernels, 0, now);
}

describe('the build of the matrix product', () => {
  it('is the first one if another is not ahead by more than a short trial can resolve', () => {
    assert.equal(chosen([0.3], [0.28]), 0);
    assert.equal(chosen([0.28], [0.3]), 0);
  });

  it('is another one if the compiler spills registers in the first', () => {
    assert.equal(chosen([0.6], [0.3]), 1);
  });

  it('is the first one if its second trial shows that the compiler was not done in the first', () => {
    assert.equal(chosen([0.6, 0.6, 0.6, 0.6, 0.3], [0.3]), 0);
  });

  it('is the only one that exists', () => {
    assert.equal(chosen([0.6]), 0);
  });
});
