/**
 * The table in the first page of the shared memory through which the engine's threads share work.
 *
 * A job is a list of kernel calls that do not touch each other's results. An awake thread takes the next call by
 * exchanging the ticket, which holds the job's number, its number of calls and the number of calls taken. The exchange
 * fails if any of these changed since the thread read the call, so a thread that wakes late can never run a call of a
 * finished job. The coordinator takes calls too; if no other thread comes, it runs them all.
 */

/** Int32 words from address 0 on. */
export const WORD = {
  /** Changes with every job and to stop the threads. Idle threads sleep on it. */
  signal: 0,
  ticket: 1,
  /** Finished calls. The coordinator sleeps on it. */
  finished: 2,
  stop: 3,
  /** Nonzero after a kernel of the job trapped. */
  failed: 4,
} as const;

/**
 * Limit on calls per job. It fits a byte of the ticket, and the calls end before the kernels' constants start
 * (kernels/constants.ts).
 */
export const MAX_CALLS = 160;
/** Float64 slots per call: the operation, the number of arguments, the arguments. */
export const CALL_SLOTS = 24;
/** Address of the calls, after the words. */
export const CALLS_AT = 1024;

/**
 * An argument that stands for the scratch memory of the thread that runs the call. No address, count or bound has this
 * value.
 */
export const OWN_SCRATCH = -(2 ** 52);
/** An argument that stands for the number of the thread that runs the call. The coordinator is 0. */
export const OWN_NUMBER = OWN_SCRATCH - 1;

/** The number and scratch memory of a thread. */
export interface Hand {
  readonly scratch: number;
  readonly number: number;
}

/** Reads `count` arguments of a call from slot `first` on, with the thread's own values filled in. */
export function ownArguments(
  slots: ArrayLike<number>,
  first: number,
  count: number,
  { scratch, number }: Hand,
): number[] {
  const args: number[] = [];
  for (let i = first; i < first + count; i++) {
    const value = slots[i]!;
    args.push(value === OWN_SCRATCH ? scratch : value === OWN_NUMBER ? number : value);
  }
  return args;
}

export function ticketOf(job: number, calls: number, taken: number): number {
  return ((job & 0x7fff) << 16) | (calls << 8) | taken;
}

export function callsOf(ticket: number): number {
  return (ticket >> 8) & 0xff;
}

export function takenOf(ticket: number): number {
  return ticket & 0xff;
}
