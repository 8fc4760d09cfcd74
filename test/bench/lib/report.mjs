// Rows of the table, and whether targets are met.

/** @returns {{ text: string, value: number, met: boolean }[]} targets that can be judged by what was measured */
export function judge(row, times, peak) {
  const verdicts = [];
  const say = (text, value, met) => verdicts.push({ text, value, met });
  for (const { kind, peer, by, at } of row.targets) {
    const own = times[by]?.median;
    if (own === undefined || (peer && !times[peer])) continue;
    if (kind === 'ratio') {
      const value = times[peer].median / own;
      say(`${by}: ${value.toFixed(2)} against ${peer}, at least ${at.toFixed(2)}`, value, value >= at);
    } else if (kind === 'rate') {
      const value = row.bytes / own / 1e6;
      say(`${by}: ${value.toFixed(1)} GB/s, at least ${at}`, value, value >= at);
    } else say(`${by}: ${own.toFixed(2)} ms, at most ${at}`, own, own <= at);
  }
  if (row.peak && peak) {
    for (const [by, ceiling] of [['ours 1T', peak.one], ['ours 2T', peak.two]]) {
      const value = row.flops / times[by].median / 1e6 / ceiling;
      say(`${by}: ${(100 * value).toFixed(1)} % of the peak of ${ceiling.toFixed(1)} GFLOP/s, at least ${100 * row.peak} %`, value, value >= row.peak);
    }
  }
  const full = Object.keys(times).find((name) => name.startsWith('full SVD'));
  if (row.full && full) {
    const value = times[full].median / times['ours 1T'].median;
    say(`ours 1T: ${value.toFixed(0)} against the ${full}, at least ${row.full.at}`, value, value >= row.full.at);
  }
  return verdicts;
}

export function printRow(row, times, verdicts) {
  console.log(`\n${row.title}`);
  const own = times['ours 1T']?.median;
  for (const [name, { median }] of Object.entries(times)) {
    const rate = row.flops ? `${(row.flops / median / 1e6).toFixed(1).padStart(7)} GFLOP/s` : row.bytes ? `${(row.bytes / median / 1e6).toFixed(2).padStart(7)} GB/s` : '';
    const against = own && name !== 'ours 1T' ? `${(median / own).toFixed(2).padStart(8)} x` : '';
    console.log(`  ${name.padEnd(32)} ${median.toFixed(3).padStart(11)} ms ${rate.padEnd(17)} ${against}`);
  }
  for (const { text, met } of verdicts) console.log(`  ${met ? 'met    ' : 'NOT MET'} ${text}`);
}
