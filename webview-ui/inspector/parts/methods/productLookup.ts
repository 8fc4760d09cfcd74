/**
 * Requests the products behind the entry under the pointer, one request at a time. A request is cancelled when the
 * pointer moves on.
 */

import type { DeltaProducts } from '../../../../src/protocol/matrix';
import { CancelledError } from '../../../../src/protocol/rpc';
import type { CellPosition } from '../../../shared/heatmap/types';
import type { ViewContext } from '../../context';
import { errorText } from '../notes/progressNote';

/** A pointer that is only passing crosses a cell in less time. */
const DELAY_MS = 40;

interface ProductLookup {
  /** `null` keeps the last answer, so that it can be read at leisure. */
  at(module: string, cell: CellPosition | null, step: number | undefined): void;
  /** Requests the same entry at another step. */
  again(step: number | undefined): void;
  dispose(): void;
}

export function productLookup(
  { client, notify }: ViewContext,
  show: (found: DeltaProducts, row: number, column: number) => void,
): ProductLookup {
  let controller: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: { module: string; cell: CellPosition } | null = null;

  async function ask(module: string, cell: CellPosition, step: number | undefined): Promise<void> {
    const mine = (controller = new AbortController());
    try {
      const found = await client.products(module, cell.row, cell.column, step, mine.signal);
      if (!mine.signal.aborted) show(found, cell.row, cell.column);
    } catch (error) {
      if (!(error instanceof CancelledError)) notify(errorText(error));
    }
  }
  function stop(): void {
    clearTimeout(timer);
    controller?.abort();
    controller = null;
  }
  return {
    at(module, cell, step) {
      stop();
      if (module === '') asked = null;
      if (!cell || module === '') return;
      asked = { module, cell };
      timer = setTimeout(() => void ask(module, cell, step), DELAY_MS);
    },
    again(step) {
      if (!asked) return;
      stop();
      void ask(asked.module, asked.cell, step);
    },
    dispose: stop,
  };
}
