/** Lets a long computation stop for messages: a cancel is heard only when the event loop turns. */

/** Within this a cancel is heard; the turn itself costs some microseconds. */
const SLICE_MS = 12;

/** A port as browsers and Node have it; Node's types leave `onmessage` out. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: null): void;
  close(): void;
}

export class Pacer {
  private last = performance.now();

  constructor(private readonly signal?: AbortSignal) {}

  /** Throws the signal's reason once it is aborted. Cheap when called often. */
  async pause(): Promise<void> {
    this.signal?.throwIfAborted();
    if (performance.now() - this.last < SLICE_MS) return;
    await eventLoopTurn();
    this.last = performance.now();
    this.signal?.throwIfAborted();
  }
}

/** A message to ourselves comes after those that wait. A timer would take a millisecond or more. */
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
