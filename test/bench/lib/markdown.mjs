// The table in CONTRIBUTING: every work with all subjects, and the outcome of each target.

const NUMPY_KINDS = ['f64 AVX2', 'f64 auto', 'f32 AVX2', 'f32 auto'];
const LIBRARIES = ['tfjs-wasm', 'onnxruntime-web', 'jax-js', 'ml-matrix'];

const digits = (ms) => (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toPrecision(3));
const cell = (...times) => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? '' : known.map(({ median }) => digits(median)).join(' / ');
};

/**
 * Lines of Markdown: medians in ms, one thread / two threads.
 * @param {{ machine: object, builds: object, peak: { one: number, two: number }, rows: object[] }} results
 */
export function markdownTable({ machine, builds, peak, rows }) {
  const { numpy } = machine;
  const kernels = numpy.auto
    ? `numpy ${numpy.auto.numpy} with OpenBLAS, AVX2 = ${numpy.AVX2.core}, auto = ${numpy.auto.core}`
    : 'no numpy';
  const canaries = Object.entries(builds).map(
    ([build, rate]) => `${build} ${rate === null ? 'not on this Node' : rate.toFixed(1)}`,
  );
  const head = ['work', 'ours', ...NUMPY_KINDS.map((kind) => `numpy ${kind}`), ...LIBRARIES, 'PyTorch with PEFT'];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `${machine.cpu}, ${machine.cpus} CPUs; Node ${machine.node}; ${kernels}.`,
    `128-bit multiply-add peak: ${peak.one.toFixed(1)} GFLOP/s on one thread, ${peak.two.toFixed(1)} on two. ` +
      `GFLOP/s of the builds: ${canaries.join(', ')}.`,
    '',
    'Medians in ms, one thread / two threads:',
    '',
    line(head),
    line(head.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map(({ title, times }) =>
      line([
        title,
        cell(times['ours 1T'], times['ours 2T']),
        ...NUMPY_KINDS.map((kind) => cell(times[`numpy ${kind} 1T`], times[`numpy ${kind} 2T`])),
        ...LIBRARIES.map((name) => cell(times[name])),
        cell(times['PyTorch 1T'], times['PyTorch 2T']),
      ]),
    ),
    '',
    '| target | by the medians | |',
    '| --- | --- | --- |',
    ...rows.flatMap(({ title, verdicts }) =>
      verdicts.map(({ text, met }) => line([title, text, met ? 'met' : '**not met**'])),
    ),
  ];
}
