/** Tensors that the header describes and whose data cannot be read. */

import type { WeightsFinding } from '../protocol/findings';
import type { Evidence } from './evidence';
import { sentence } from './sentence';

export function unreadableTensors({ failures }: Evidence): readonly WeightsFinding[] {
  const [first, ...others] = failures;
  if (!first) return [];
  return [
    {
      code: 'unreadable',
      level: 'error',
      modules: [],
      tensors: failures.map(({ tensor }) => tensor),
      value: failures.length,
      heuristic: false,
      what:
        others.length === 0
          ? sentence('{0}.', first.message)
          : sentence('{0}; {1} more tensors cannot be read either.', first.message, others.length),
      why: sentence('Values that cannot be read cannot be loaded either.'),
      action: sentence('Copy or download the file again.'),
    },
  ];
}
