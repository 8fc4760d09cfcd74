/** Lets a long computation pause for messages, because a cancel arrives only when the event loop turns. */

import type { Steps } from './steps';

/** Time until a cancel takes effect. A turn of the event loop costs a few microseconds. */
export const SLICE_MS = 12;

/** A message port in browsers and Node. Node's types lack `onmessage`. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: null): void;
  close(): void;
}

type Within = <R>(step: () => R) => R;

export class Pacer {
  private last = performance.now();

  constructor(private readonly signal?: AbortSignal) {}

  /** The result of the steps, each of which runs inside `within`. Rejects with the signal's reason. */
  async run<T>(steps: Steps<T>, within: Within = (step) => step()): Promise<T> {
    for (;;) {
      const step = within(() => steps.next());
      if (step.done) return step.value;
      await this.pause();
    }
  }

  /** Throws the signal's reason once it is aborted. Cheap when called often. */
  async pause(): Promise<void> {
    this.signal?.throwIfAborted();
    if (performance.now() - this.last < SLICE_MS) return;
    await eventLoopTurn();
    this.last = performance.now();
    this.signal?.throwIfAborted();
  }
}

/** Sends a message to this thread, which arrives after all waiting ones. A timer would take a millisecond or more. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resume) => {
    const { port1, port2 } = new MessageChannel() as object as Readonly<Record<'port1' | 'port2', Port>>;
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(null);
  });
}
