// The rows of the bench: the work, its size, the subjects, and the target. works.ts defines the works by name.

const OURS = ['ours 1T', 'ours 2T'];
const NUMPY = ['f64 AVX2', 'f64 auto', 'f32 AVX2', 'f32 auto'].flatMap((kind) =>
  [`${kind} 1T`, `${kind} 2T`].map((n) => `numpy ${n}`),
);
const NUMPY_ONE = ['numpy f64 AVX2 1T'];
const PEERS = ['tfjs-wasm', 'onnxruntime-web', 'jax-js'];

const BIG = { m: 512, n: 4096, k: 4096 };
const ROWS = 4096;
const COLUMNS = 11008;
const COUNT = ROWS * COLUMNS;
const product = ({ m, n, k }) => 2 * m * n * k;
const layerFlops = (d, tokens, r) => 2 * (2 * tokens * d * d) + 6 * (2 * tokens * d * r);

/** at: the minimum ratio of the time of `peer` to that of `by`, or a minimum rate, or a maximum time. */
const ratio = (peer, at, by = 'ours 1T') => ({ kind: 'ratio', peer, by, at });
const rate = (at, by = 'ours 1T') => ({ kind: 'rate', by, at });
const within = (at, by = 'ours 1T') => ({ kind: 'time', by, at });

const layer = (d, tokens, r, targets) => ({
  title: `LoRA forward + backward, d = ${d}, ${tokens} tokens, r = ${r}`,
  work: 'layer',
  args: { d, tokens, r },
  subjects: [...OURS, ...NUMPY],
  flops: layerFlops(d, tokens, r),
  tolerance: 3e-5,
  targets,
});

/** Multiply-adds of the projections, forward and for the gradient of their inputs, on all rows but the last tokens. */
const trainingFlops = (d, layers, batch) => 2 * (2 * 13 * batch * layers * (4 * d * d + 3 * d * ((d / 64) * 172)));

const training = (d, layers, batch, more) => ({
  title: `Training step, LoRA r = 8 on q and v, d = ${d}, ${layers} layers, ${batch} sequences of 14 tokens`,
  work: 'trainingStep',
  args: { d, layers, batch },
  flops: trainingFlops(d, layers, batch),
  memory: true,
  tolerance: 1e-4,
  ...more,
});

const againstTorch = (at) => ({
  subjects: [...OURS, 'PyTorch 1T', 'PyTorch 2T'],
  targets: [ratio('PyTorch 1T', at, 'ours 1T')],
});

const bothThreads = (at) => [ratio('numpy f64 AVX2 1T', at, 'ours 1T'), ratio('numpy f64 AVX2 2T', at, 'ours 2T')];

export const TABLE = [
  {
    title: 'SGEMM 512x4096 by 4096x4096',
    work: 'gemm',
    args: BIG,
    subjects: [...OURS, ...NUMPY, ...PEERS],
    flops: product(BIG),
    tolerance: 3e-5,
    peak: 0.95,
    targets: [ratio('onnxruntime-web', 1.75), ratio('jax-js', 1.75), ratio('tfjs-wasm', 2.3)],
  },
  {
    title: 'The same with the weight packed in advance',
    work: 'gemm',
    args: { ...BIG, packed: 1 },
    subjects: OURS,
    flops: product(BIG),
    tolerance: 3e-5,
    peak: 0.95,
    targets: [],
  },
  {
    title: 'SGEMM 32x256 by 256x256 (demo)',
    work: 'gemm',
    args: { m: 32, n: 256, k: 256 },
    flops: 2 * 32 * 256 * 256,
    subjects: [...OURS, ...NUMPY, ...PEERS, 'ml-matrix'],
    tolerance: 3e-5,
    targets: [],
  },
  {
    title: 'SGEMM 256x1024 by 1024x1024',
    work: 'gemm',
    args: { m: 256, n: 1024, k: 1024 },
    flops: 2 * 256 * 1024 * 1024,
    subjects: [...OURS, ...NUMPY, ...PEERS],
    tolerance: 3e-5,
    targets: [],
  },
  {
    title: 'Low-rank product 512x4096 by 4096x8',
    work: 'gemm',
    args: { m: 512, n: 8, k: 4096 },
    flops: 2 * 512 * 8 * 4096,
    subjects: [...OURS, ...NUMPY, ...PEERS],
    tolerance: 3e-5,
    targets: [ratio('numpy f64 AVX2 1T', 2)],
  },
  {
    title: 'Low-rank product 512x8 by 8x4096',
    work: 'gemm',
    args: { m: 512, n: 4096, k: 8 },
    flops: 2 * 512 * 8 * 4096,
    subjects: [...OURS, ...NUMPY, ...PEERS],
    tolerance: 3e-5,
    targets: [],
  },
  layer(4096, 512, 8, bothThreads(1.05)),
  layer(4096, 512, 16, bothThreads(1.05)),
  layer(4096, 512, 64, bothThreads(1.05)),
  layer(256, 32, 8, [ratio('numpy f64 AVX2 1T', 1.4)]),
  {
    title: 'Statistics of 90 MB of BF16 in memory',
    work: 'moments',
    args: { count: COUNT },
    bytes: 2 * COUNT,
    subjects: [...OURS, ...NUMPY_ONE],
    tolerance: 2e-6,
    targets: [rate(10), ratio('numpy f64 AVX2 1T', 15), ratio('ours 1T', 1.8, 'ours 2T')],
  },
  {
    title: 'The same with one NaN in 4096 entries',
    work: 'moments',
    args: { count: COUNT, nanEvery: 4096 },
    bytes: 2 * COUNT,
    subjects: [...OURS, ...NUMPY_ONE],
    tolerance: 2e-6,
    targets: [],
  },
  {
    title: 'Statistics of 180 MB of F32 in memory',
    work: 'moments32',
    args: { count: COUNT },
    bytes: 4 * COUNT,
    subjects: [...OURS, ...NUMPY_ONE],
    tolerance: 2e-6,
    targets: [],
  },
  {
    title: 'Statistics and exact histogram, BF16 file in page cache to result',
    work: 'fileStatistics',
    args: { count: COUNT },
    bytes: 2 * COUNT,
    subjects: [...OURS, ...NUMPY_ONE],
    tolerance: 1e-6,
    targets: [rate(4.5), ratio('numpy f64 AVX2 1T', 4)],
  },
  {
    title: 'Max-abs pooling of 4096x11008 BF16 to 1024x1024 pixels',
    work: 'pool',
    args: { rows: ROWS, columns: COLUMNS, side: 1024 },
    bytes: 2 * COUNT,
    subjects: [...OURS, ...NUMPY_ONE],
    tolerance: 0,
    targets: [within(15), ratio('numpy f64 AVX2 1T', 25)],
  },
  {
    title: 'NF4 quantise 16.8 M',
    work: 'nf4Quantize',
    args: { count: 2 ** 24 },
    bytes: 4 * 2 ** 24,
    subjects: [...OURS, ...NUMPY_ONE],
    tolerance: 0,
    targets: [],
  },
  {
    title: 'NF4 dequantise 16.8 M',
    work: 'nf4Dequantize',
    args: { count: 2 ** 24 },
    bytes: 4 * 2 ** 24,
    subjects: [...OURS, ...NUMPY_ONE],
    tolerance: 1e-6,
    targets: [],
  },
  {
    title: 'Singular values of B.A from the factors, d = 4096, r = 16',
    work: 'singularValues',
    args: { d: 4096, r: 16 },
    subjects: ['ours 1T', 'numpy f64 AVX2 1T', 'numpy f64 auto 1T'],
    tolerance: 1e-9,
    targets: [],
    full: { work: 'fullSingularValues', subject: 'numpy f64 AVX2 2T', at: 4000 },
  },
  {
    title: 'Singular values of B.A from the factors, d = 4096, r = 64',
    work: 'singularValues',
    args: { d: 4096, r: 64 },
    subjects: ['ours 1T', 'numpy f64 AVX2 1T', 'numpy f64 auto 1T'],
    tolerance: 1e-9,
    targets: [ratio('numpy f64 AVX2 1T', 1 / 1.2)],
  },
  training(64, 3, 8, againstTorch(1.5)),
  training(64, 3, 32, againstTorch(1.2)),
  ...[64, 128, 256, 512].flatMap((d) =>
    [2, 4, 8].map((layers) => training(d, layers, 8, { subjects: ['ours 1T'], targets: [] })),
  ),
];
