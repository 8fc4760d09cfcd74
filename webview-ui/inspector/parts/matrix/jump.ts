/** Moves the cursor of a pane to an entry of interest, which the worker finds. */

import type { EntryPlace, Sought } from '../../../../src/protocol/matrix';
import { CancelledError } from '../../../../src/protocol/rpc';
import { formatPercent } from '../../../shared/formatNumber';
import type { ViewContext } from '../../context';
import type { Pane } from './pane';
import { errorText } from '../notes/progressNote';

const NONE: Readonly<Record<Sought, string>> = {
  nonNumber: 'No NaN and no infinity in this matrix',
  largest: 'No finite entry in this matrix',
};

/** One search runs at a time. A new one, or Escape, ends it. */
let searching: AbortController | null = null;

/** Searches onward from the cursor. There is only one entry of largest magnitude. */
export async function jump(pane: Pane, context: ViewContext, sought: Sought): Promise<void> {
  const { subject, cursor } = pane;
  if (!subject) return;
  searching?.abort();
  const controller = (searching = new AbortController());
  const escape = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') controller.abort();
  };
  window.addEventListener('keydown', escape, true);
  try {
    const place = await find(pane, context, sought, cursor, controller.signal);
    // The pane may show another matrix by now.
    if (controller.signal.aborted || pane.subject?.matrix !== subject.matrix) return;
    if (place) {
      pane.heatmap.goTo(place);
      context.notify(
        place.row === cursor?.row && place.column === cursor.column && sought === 'nonNumber'
          ? 'There are no others'
          : '',
      );
    } else context.notify(NONE[sought]);
  } catch (error) {
    if (searching === controller)
      context.notify(error instanceof CancelledError ? 'Search cancelled' : errorText(error));
  } finally {
    window.removeEventListener('keydown', escape, true);
  }
}

async function find(
  { subject }: Pane,
  { client, notify }: ViewContext,
  sought: Sought,
  cursor: EntryPlace | null,
  signal: AbortSignal,
): Promise<EntryPlace | null> {
  if (!subject) return null;
  const known = client.knownStatistics(subject.matrix);
  // If every entry was counted, no search is needed.
  if (
    sought === 'nonNumber' &&
    known &&
    !known.sampled &&
    known.nan + known.positiveInfinity + known.negativeInfinity === 0
  )
    return null;
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number }): void =>
    notify(`Searching… ${formatPercent(Math.min(1, done / total))}; press Escape to cancel`);
  return client.find(subject.matrix, sought, (sought === 'nonNumber' && cursor) || undefined, { signal, onProgress });
}
