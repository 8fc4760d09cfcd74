/** The formula between A and B: what is multiplied by what, with every size. */

import type { LoraModuleInfo } from '../../../../src/protocol/source';
import { formatNumber } from '../../../shared/formatNumber';
import { largestRank } from '../../data/loraSubjects';
import type { Corner } from '../../data/loraSubjects';
import { h, replace } from '../../../shared/element';

interface LoraFormula {
  readonly element: HTMLElement;
  show(info: LoraModuleInfo, corner: Corner): void;
}

const FORMS = { plain: 'B · A', kronecker: '(W1 ⊗ W2)', hadamard: '(W1a · W1b) ∘ (W2a · W2b)' } as const;

export function loraFormula(): LoraFormula {
  const element = h('div', { class: 'lora-formula' });
  return {
    element,
    show(info, corner) {
      const product = `${formatNumber(info.scaling)} · ${FORMS[info.structure?.kind ?? 'plain']}`;
      const equation = { delta: `ΔW = ${product}`, weight: 'W, frozen', merged: `W + ${product}` }[corner];
      replace(
        element,
        h('p', { class: 'equation' }, equation),
        h('p', { class: 'sizes' }, info.structure ? `rank at most ${largestRank(info)}` : `rank ${info.rank}`),
        h('p', { class: 'sizes' }, 'scaling'),
        h('p', { class: 'sizes' }, `= ${info.scalingSource}`),
        info.formula !== undefined && h('p', { class: 'sizes' }, info.formula),
      );
      const sizes = info.structure
        ? info.structure.factors.map(({ part, rows, columns }) => `${part} is ${rows} × ${columns}`).join(', ')
        : `A is ${info.rank} × ${info.inFeatures}, B is ${info.outFeatures} × ${info.rank}`;
      const formula = info.formula === undefined ? '' : `; ${info.formula}`;
      element.title = `${sizes}; scaling ${info.scaling} = ${info.scalingSource}${formula}`;
    },
  };
}
