// Waiting for the rest of the machine to be idle before a sample, so that peers are compared and not neighbours.
import * as os from 'node:os';

const LOOK_MS = 30;
const IDLE_SHARE = 0.85;
/** After this long the sample is taken all the same, and counted as disturbed. */
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

/** How many samples there were, and how many were taken while something else was running. */
export function disturbance() {
  return { ...counts };
}
