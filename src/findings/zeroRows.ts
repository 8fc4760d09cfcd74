/** Output features that a module never changes: rows of B that are exactly zero. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { WeightsFinding } from '../protocol/findings';
import { formatCount } from '../text/numberText';
import { isPlain, isTrained } from './evidence';
import type { Evidence } from './evidence';
import { place, sentence } from './sentence';

export function zeroRows({ modules }: Evidence, { lora }: SourceDescription): readonly WeightsFinding[] {
  const found = modules.filter((each) => isPlain(each.info) && isTrained(each) && each.zeroRowsOfB > 0);
  if (found.length === 0) return [];
  const rows = found.reduce((sum, { zeroRowsOfB }) => sum + zeroRowsOfB, 0);
  const infos = found.map(({ info }) => info);
  return [
    {
      code: 'zero_rows_B',
      level: 'info',
      modules: infos.map(({ module }) => module),
      tensors: [],
      value: rows,
      heuristic: false,
      what: sentence(
        rows === 1 ? '{0} row of B is exactly zero in {1}.' : '{0} rows of B are exactly zero in {1}.',
        formatCount(rows),
        place(infos, lora),
      ),
      why: sentence('These outputs got no gradient, which is normal where outputs are masked or padded.'),
      action: sentence('Nothing has to be changed if these outputs were meant to stay.'),
    },
  ];
}
