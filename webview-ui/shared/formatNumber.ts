/** Formats numbers for the pages. No DOM. */

import type { LineSummary } from '../../src/protocol/matrix';
import { formatNumber } from '../../src/text/numberText';

export { formatBytes, formatCount, formatFloat32, formatNumber, formatPercent } from '../../src/text/numberText';

/** Summarises a row or column: 'min -0.12, max 0.3, mean 0.001, norm 1.2'. */
export function formatLineSummary(summary: LineSummary): string {
  const parts: readonly (readonly [string, number])[] = [
    ['min', summary.min],
    ['max', summary.max],
    ['mean', summary.mean],
    ['norm', summary.norm],
  ];
  return parts.map(([name, value]) => `${name} ${formatNumber(value)}`).join(', ');
}
