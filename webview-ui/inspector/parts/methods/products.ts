/** The r products that sum to one entry of `scaling * B * A`, as signed bars. */

import type { DeltaProducts } from '../../../../src/protocol/matrix';
import { formatNumber } from '../../../shared/formatNumber';
import { h, replace } from '../../../shared/element';

/** The panel has room for this many. For a larger rank the largest products are listed and the rest are summed. */
const LISTED = 32;

interface ProductsCard {
  readonly element: HTMLElement;
  show(products: DeltaProducts | null, row: number, column: number): void;
}

export function productsCard(hint: string): ProductsCard {
  const body = h('div', { class: 'products' });
  const element = h('section', { class: 'card' }, h('h2', {}, 'One entry of ΔW'), body);
  const empty = (): void => replace(body, h('p', { class: 'note' }, hint));
  empty();
  return {
    element,
    show(products, row, column) {
      if (!products) empty();
      else replace(body, formula(products, row, column), list(products));
    },
  };
}

function formula(products: DeltaProducts, row: number, column: number): HTMLElement {
  return h(
    'p',
    { class: 'formula' },
    `ΔW[${row}, ${column}] = ${formatNumber(products.scaling)} · `,
    h('span', { class: 'sigma' }, 'Σₖ'),
    ` B[${row}, k] · A[k, ${column}] = `,
    h('strong', {}, formatNumber(products.sum)),
  );
}

function list(products: DeltaProducts): HTMLElement {
  const ranks = [...products.products.keys()];
  const bySize = [...ranks].sort((a, b) => magnitude(products, b) - magnitude(products, a));
  const listed = ranks.length > LISTED ? bySize.slice(0, LISTED).sort((a, b) => a - b) : ranks;
  const largest = magnitude(products, bySize[0] ?? 0) || 1;
  const rows = listed.map((k) => row(products, k, largest));
  const rest = bySize.slice(listed.length).reduce((sum, k) => sum + (products.products[k] ?? 0), 0);
  return h(
    'div',
    { class: 'product-list', role: 'list' },
    rows,
    ranks.length > LISTED &&
      h('p', { class: 'note' }, `and ${ranks.length - LISTED} smaller, which sum to ${formatNumber(rest)}`),
  );
}

function magnitude(products: DeltaProducts, k: number): number {
  return Math.abs(products.products[k] ?? 0);
}

function row(products: DeltaProducts, k: number, largest: number): HTMLElement {
  const value = products.products[k] ?? 0;
  const share = Math.min(1, Math.abs(value) / largest) * 50;
  const bar = h('span', { class: value < 0 ? 'bar negative' : value > 0 ? 'bar positive' : 'bar' });
  bar.style.width = `${share}%`;
  bar.style.left = `${value < 0 ? 50 - share : 50}%`;
  const factors = `${formatNumber(products.bRow[k] ?? NaN)} × ${formatNumber(products.aColumn[k] ?? NaN)}`;
  return h(
    'div',
    {
      class: 'product',
      role: 'listitem',
      title: `${formatNumber(products.scaling)} × ${factors} = ${formatNumber(value)}`,
    },
    h('span', { class: 'k' }, `k=${k}`),
    h('span', { class: 'track', 'aria-hidden': 'true' }, bar),
    h('span', { class: 'value' }, formatNumber(value)),
  );
}
