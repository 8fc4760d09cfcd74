// Waits until the rest of the machine is idle before each sample, so that other work does not distort the comparison.
import * as os from 'node:os';

const LOOK_MS = 30;
const IDLE_SHARE = 0.85;
/** After this wait the sample is taken anyway and counted as disturbed. */
const PATIENCE_MS = 3000;

const counts = { samples: 0, disturbed: 0 };

function times() {
  let [idle, all] = [0, 0];
  for (const { times } of os.cpus()) {
    idle += times.idle;
    all += times.idle + times.user + times.sys + times.nice + times.irq;
  }
  return { idle, all };
}

export async function untilQuiet() {
  counts.samples++;
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const before = times();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const after = times();
    if ((after.idle - before.idle) / Math.max(1, after.all - before.all) >= IDLE_SHARE) return;
    if (performance.now() > end) {
      counts.disturbed++;
      return;
    }
  }
}

/** The number of samples, and of those taken while something else was running. */
export function disturbance() {
  return { ...counts };
}
