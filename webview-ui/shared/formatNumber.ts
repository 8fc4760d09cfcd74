/** Numbers as the pages write them: those of every surface, and a line of a matrix. No DOM. */

import type { LineSummary } from '../../src/protocol/matrix';
import { formatNumber } from '../../src/text/numberText';

export { formatBytes, formatCount, formatFloat32, formatNumber, formatPercent } from '../../src/text/numberText';

/** One row or column in a line: 'min -0.12, max 0.3, mean 0.001, norm 1.2'. */
export function formatLineSummary(summary: LineSummary): string {
  const parts: readonly (readonly [string, number])[] = [
    ['min', summary.min],
    ['max', summary.max],
    ['mean', summary.mean],
    ['norm', summary.norm],
  ];
  return parts.map(([name, value]) => `${name} ${formatNumber(value)}`).join(', ');
}
