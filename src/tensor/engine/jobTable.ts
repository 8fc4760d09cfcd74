/**
 * How the engine's threads share work: a table in the first page of the shared memory.
 *
 * A job is a list of calls of kernels that do not touch each other's results. Whoever is awake takes the next call by
 * exchanging the ticket, which holds the job's number, how many calls it has and how many are taken: an exchange fails
 * where any of that has changed since the call was read, so a thread that wakes late can never run a call of a job that
 * is over. The coordinator takes calls too; if no other thread comes, it does them all.
 */

/** Int32 words from address 0 on. */
export const WORD = {
  /** Changes with every job, and to stop; idle threads sleep on it. */
  signal: 0,
  ticket: 1,
  /** Calls that are done. The coordinator sleeps on it. */
  finished: 2,
  stop: 3,
  /** Not 0 once a kernel of the job has trapped. */
  failed: 4,
} as const;

/** Calls in a job, a byte of the ticket at most: they end before the kernels' constants begin (kernels/constants.ts). */
export const MAX_CALLS = 160;
/** Float64 slots of a call: the operation, the number of arguments, the arguments. */
export const CALL_SLOTS = 24;
/** Address of the calls, past the words. */
export const CALLS_AT = 1024;

/** An argument that stands for the scratch memory of the thread that runs the call. No address, count or bound is this. */
export const OWN_SCRATCH = -(2 ** 52);
/** One that stands for its number among the threads; the coordinator's is 0. */
export const OWN_NUMBER = OWN_SCRATCH - 1;

/** Whose memory a call may use while it runs. */
export interface Hand {
  readonly scratch: number;
  readonly number: number;
}

/** `count` arguments for the kernel from `first` on, with what is the thread's own in place. */
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
