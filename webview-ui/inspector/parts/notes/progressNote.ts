/** Progress of long work in the place of its result, with a button to cancel. */

import type { Progress } from '../../../../src/protocol/rpc';
import { CancelledError } from '../../../../src/protocol/rpc';
import { h, replace } from '../../../shared/element';
import { formatCount } from '../../../shared/formatNumber';

/** Work that ends sooner shows no progress bar, so that nothing flickers. */
const QUIET_MS = 150;

interface LongWork<T> {
  /** What is being done: 'Computing norms'. */
  readonly title: string;
  run(signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<T>;
  done(result: T): void;
  /** Label of the button that starts over after a cancellation or a failure. */
  readonly again: string;
}

/**
 * Runs `work` and shows its progress inside `place`. Returns a function that cancels it and leaves the place as it is.
 */
export function longWork<T>(place: HTMLElement, work: LongWork<T>): () => void {
  const controller = new AbortController();
  let left = false;
  const bar = h('progress', { max: 1 });
  const text = h('span', {}, `${work.title}…`);
  const note = h(
    'div',
    { class: 'progress-note', role: 'status' },
    text,
    bar,
    h('button', { type: 'button', class: 'small', onclick: () => controller.abort() }, 'Cancel'),
  );
  const timer = setTimeout(() => place.replaceChildren(note), QUIET_MS);
  let inner: (() => void) | null = null;

  const offerAgain = (message: string): void => {
    replace(
      place,
      h(
        'div',
        { class: 'progress-note' },
        h('span', {}, message),
        h('button', { type: 'button', class: 'small', onclick: () => (inner = longWork(place, work)) }, work.again),
      ),
    );
  };
  work
    .run(controller.signal, ({ done, total, message }) => {
      text.textContent = total > 0 ? `${work.title}… ${amount(done)} / ${amount(total)}` : `${work.title}…`;
      if (message) text.title = message;
      if (total > 0) bar.value = done / total;
    })
    .then(
      (result) => {
        clearTimeout(timer);
        if (left) return;
        note.remove();
        work.done(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        if (left) return;
        offerAgain(error instanceof CancelledError ? 'Cancelled.' : `Could not be computed: ${errorText(error)}`);
      },
    );
  return () => {
    left = true;
    clearTimeout(timer);
    controller.abort();
    inner?.();
  };
}

function amount(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(1);
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
