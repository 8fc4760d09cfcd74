// Rows of the table, and whether targets are met.

/** @returns {{ text: string, value: number, met: boolean }[]} the targets that the measurements can decide */
export function judge(row, times, peak) {
  const verdicts = [];
  /** Medians decide. The minimum, which other tenants of the machine disturb less, is printed too. */
  const say = (valueBy, show, rest, met) => {
    const value = valueBy('median');
    verdicts.push({
      text: `${show(value)} ${rest} (by the minimum ${show(valueBy('least')).replace(/^.*: |,$/g, '')})`,
      value,
      met: met(value),
    });
  };
  for (const { kind, peer, by, at } of row.targets) {
    const own = times[by];
    if (own === undefined || (peer && !times[peer])) continue;
    if (kind === 'ratio') {
      say(
        (of) => times[peer][of] / own[of],
        (x) => `${by}: ${x.toFixed(2)}`,
        `against ${peer}, at least ${at.toFixed(2)}`,
        (x) => x >= at,
      );
    } else if (kind === 'rate') {
      say(
        (of) => row.bytes / own[of] / 1e6,
        (x) => `${by}: ${x.toFixed(1)} GB/s,`,
        `at least ${at}`,
        (x) => x >= at,
      );
    } else
      say(
        (of) => own[of],
        (x) => `${by}: ${x.toFixed(2)} ms,`,
        `at most ${at}`,
        (x) => x <= at,
      );
  }
  if (row.peak && peak) {
    for (const [by, ceiling] of [
      ['ours 1T', peak.one],
      ['ours 2T', peak.two],
    ]) {
      say(
        (of) => row.flops / times[by][of] / 1e6 / ceiling,
        (x) => `${by}: ${(100 * x).toFixed(1)} %`,
        `of the peak of ${ceiling.toFixed(1)} GFLOP/s, at least ${100 * row.peak} %`,
        (x) => x >= row.peak,
      );
    }
  }
  const full = Object.keys(times).find((name) => name.startsWith('full SVD'));
  if (row.full && full) {
    const value = times[full].median / times['ours 1T'].median;
    verdicts.push({
      text: `ours 1T: ${value.toFixed(0)} against the ${full}, at least ${row.full.at}`,
      value,
      met: value >= row.full.at,
    });
  }
  return verdicts;
}

/** @param {{ weights: number, step: number }} bytes */
export function printMemory({ weights, step }) {
  const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  console.log(`  memory: weights ${megabytes(weights)}, a step ${megabytes(step)}`);
}

export function printRow(row, times, verdicts) {
  console.log(`\n${row.title}`);
  const own = times['ours 1T']?.median;
  for (const [name, { median, least }] of Object.entries(times)) {
    const rate = row.flops
      ? `${(row.flops / median / 1e6).toFixed(1).padStart(7)} GFLOP/s`
      : row.bytes
        ? `${(row.bytes / median / 1e6).toFixed(2).padStart(7)} GB/s`
        : '';
    const against = own && name !== 'ours 1T' ? `${(median / own).toFixed(2).padStart(8)} x` : '';
    const time = `${median.toFixed(3).padStart(11)} ms (least ${least.toFixed(3).padStart(9)})`;
    console.log(`  ${name.padEnd(32)} ${time} ${rate.padEnd(17)} ${against}`);
  }
  for (const { text, met } of verdicts) console.log(`  ${met ? 'met    ' : 'NOT MET'} ${text}`);
}
