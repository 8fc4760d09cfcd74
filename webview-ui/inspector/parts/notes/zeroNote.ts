/** Says above the product that B is all zeros, since the picture is then blank. */

import type { Statistics } from '../../../../src/protocol/matrix';
import type { LoraModuleInfo } from '../../../../src/protocol/source';
import type { InspectorClient } from '../../data/inspectorClient';
import { AUTO_STATISTICS_ENTRIES } from '../../data/colorModel';
import type { Corner } from '../../data/loraSubjects';
import type { Subject } from '../../data/subject';
import { h, replace } from '../../../shared/element';

interface ZeroNote {
  readonly element: HTMLElement;
  show(info: LoraModuleInfo, b: Subject | null, corner: Corner, step: number | undefined): void;
  dispose(): void;
}

export function zeroNote(client: InspectorClient): ZeroNote {
  const element = h('p', { class: 'zero-note', role: 'status', hidden: true });
  let controller: AbortController | null = null;
  return {
    element,
    show(info, b, corner, step) {
      controller?.abort();
      if (!b || corner !== 'delta' || info.unavailable !== undefined || b.rows * b.columns > AUTO_STATISTICS_ENTRIES) {
        element.hidden = true;
        return;
      }
      const mine = (controller = new AbortController());
      client.statistics(b.matrix, { signal: mine.signal }).then(
        (statistics) => {
          if (mine.signal.aborted) return;
          element.hidden = !allZeros(statistics);
          replace(
            element,
            h('strong', {}, 'B is all zeros: ΔW = 0'),
            step === undefined
              ? 'This module was never trained: the adapter changes nothing here.'
              : 'A LoRA layer starts this way: training begins at the pretrained model. Press Play to see it move.',
          );
        },
        // If B cannot be read, its own picture shows the error.
        () => (element.hidden = true),
      );
    },
    dispose: () => controller?.abort(),
  };
}

function allZeros({ count, zeros }: Statistics): boolean {
  return count > 0 && zeros === count;
}
