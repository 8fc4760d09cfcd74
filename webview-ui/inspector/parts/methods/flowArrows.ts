/** Arrows between the matrices of a flow, and the residual path above them. */

import { select } from 'd3';
import { h } from '../../../shared/element';

/** An arrow labelled with its operation. The layout turns it if the flow runs downwards. */
export function flowArrow(label: string, className = ''): HTMLElement {
  const svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'))
    .attr('viewBox', '0 0 40 16')
    .attr('aria-hidden', 'true');
  svg.append('path').attr('d', 'M2,8 H34').attr('class', 'shaft');
  svg.append('path').attr('d', 'M38,8 l-8,-5 v10 z').attr('class', 'tip');
  return h('div', { class: `flow-arrow ${className}` }, h('span', {}, label), svg.node());
}

/** The path of x around the bottleneck: from the centre of one element, above the flow, to that of another. */
export function residualPath(
  flow: HTMLElement,
  from: HTMLElement,
  to: HTMLElement,
): { readonly element: SVGSVGElement; dispose(): void } {
  const svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'))
    .attr('class', 'residual')
    .attr('aria-hidden', 'true');
  const path = svg.append('path').attr('class', 'shaft');
  const tip = svg.append('path').attr('class', 'tip');
  const label = svg.append('text').attr('text-anchor', 'middle').text('residual path: x is added unchanged');
  const element = svg.node() as SVGSVGElement;
  const draw = (): void => {
    const { left, width } = element.getBoundingClientRect();
    const middle = (box: DOMRect): number => box.left - left + box.width / 2;
    const start = middle(from.getBoundingClientRect());
    const end = middle(to.getBoundingClientRect());
    const height = element.clientHeight;
    const top = 14;
    svg.attr('viewBox', `0 0 ${Math.max(1, width)} ${Math.max(1, height)}`);
    path.attr(
      'd',
      `M${start},${height} C${start},${top - 4} ${start + 30},${top} ${start + 60},${top} H${end - 60} ` +
        `C${end - 30},${top} ${end},${top - 4} ${end},${height - 8}`,
    );
    tip.attr('d', `M${end},${height} l-5,-9 h10 z`);
    label.attr('x', (start + end) / 2).attr('y', top - 4);
  };
  const observer = new ResizeObserver(draw);
  observer.observe(flow);
  return { element, dispose: () => observer.disconnect() };
}
