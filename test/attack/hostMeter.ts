/** Samples the memory and the open files of an extension host while something happens. */

import { memoryOf, openFilesOf, processorSecondsOf } from '../e2e/extensionHost';

const SAMPLE_MS = 200;
const SETTLE_MS = 1000;
/** A host whose memory changes less than this in a second has settled. */
const SETTLED_BYTES = 2 ** 20;
/** Other extensions may never stop working. The measurement then starts anyway. */
const MAX_SETTLES = 20;

export interface Course {
  /** Bytes before, at most, and after. */
  readonly start: number;
  readonly peak: number;
  readonly end: number;
  /** Open files before and after. */
  readonly filesBefore: number;
  readonly filesAfter: number;
  /** Processor time of all threads, which does not depend on what else the machine does. */
  readonly processorSeconds: number;
}

/** Waits until the host has loaded what it loads in any window. Otherwise that would count as growth. */
export async function settle(host: number): Promise<void> {
  let last = memoryOf(host).resident;
  for (let i = 0; i < MAX_SETTLES; i++) {
    await pause(SETTLE_MS);
    const { resident } = memoryOf(host);
    if (Math.abs(resident - last) < SETTLED_BYTES) return;
    last = resident;
  }
}

/** Starts the samples. The result ends them. */
export function watchHost(host: number): () => Course {
  const before = memoryOf(host);
  const filesBefore = openFilesOf(host);
  const processorBefore = processorSecondsOf(host);
  let sampled = before.resident;
  const timer = setInterval(() => {
    const { resident } = memoryOf(host);
    if (resident > sampled) sampled = resident;
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    const after = memoryOf(host);
    // The system's own peak misses nothing between two samples, but counts from the start of the process.
    const peak = after.peak > before.peak ? after.peak : Math.max(sampled, after.resident || 0);
    return {
      start: before.resident,
      peak,
      end: after.resident,
      filesBefore,
      filesAfter: openFilesOf(host),
      processorSeconds: processorSecondsOf(host) - processorBefore,
    };
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
