/** Tensors with NaN or infinities. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import { quoted } from '../peftConfig/quoted';
import type { WeightsFinding } from '../protocol/findings';
import { formatCount } from '../text/numberText';
import type { Evidence } from './evidence';
import { sentence } from './sentence';

export function nonFinite({ tensors }: Evidence, description: SourceDescription): readonly WeightsFinding[] {
  const found = tensors.filter(({ nan, infinite }) => nan + infinite > 0);
  const [first] = found;
  if (!first) return [];
  const nan = found.reduce((sum, each) => sum + each.nan, 0);
  const infinite = found.reduce((sum, each) => sum + each.infinite, 0);
  const parts = [
    ...(nan > 0 ? [`${formatCount(nan)} NaN`] : []),
    ...(infinite > 0 ? [`${formatCount(infinite)} infinite ${infinite === 1 ? 'value' : 'values'}`] : []),
  ].join(' and ');
  const at = first.firstNonFinite ? `[${first.firstNonFinite.join(', ')}]` : '';
  const what =
    found.length === 1
      ? sentence('{0} holds {1} among {2}; the first is at {3}.', quoted(first.name), parts, first.values, at)
      : sentence('{0} tensors hold {1}; the first is at {2} of {3}.', found.length, parts, at, quoted(first.name));
  const names = new Set(found.map(({ name }) => name));
  return [
    {
      code: 'nonfinite',
      level: 'error',
      modules: modulesOf(names, description),
      tensors: [...names],
      value: nan + infinite,
      heuristic: false,
      what,
      why: sentence('One NaN or infinity makes the output of its module NaN, and with it that of the model.'),
      action: sentence(
        'Take an earlier checkpoint, or train again with a lower learning rate or in bf16 instead of fp16.',
      ),
    },
  ];
}

function modulesOf(tensors: ReadonlySet<string>, { adapters = [] }: SourceDescription): string[] {
  const modules = adapters.filter(({ factors }) => factors.some(({ tensor }) => tensors.has(tensor)));
  return [...new Set(modules.map(({ module }) => module).filter((module) => module !== ''))];
}
