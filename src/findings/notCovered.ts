/** What a report says nothing about, so that a short list of findings is not taken for a proof. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { LocalText } from '../protocol/localText';
import { formatCount } from '../text/numberText';
import type { Evidence } from './evidence';
import { sentence } from './sentence';

/** `evidence` is `null` if no value was read. */
export function notCovered(description: SourceDescription, evidence: Evidence | null): readonly LocalText[] {
  const { tensors, lora, adapters = [], method } = description;
  const damaged = tensors.filter(({ readable }) => !readable).length;
  const isAdapter = method !== null || adapters.length > 0 || lora.length > 0;
  const unavailable = lora.filter((info) => info.unavailable !== undefined).length;
  const loraModules = new Set(lora.map(({ module }) => module));
  const others = adapters.filter(
    ({ module, method: own, experts }) => own !== 'SAVED' && experts === undefined && !loraModules.has(module),
  ).length;
  const unmeasured = evidence?.unmeasured.length ?? 0;
  const undecoded = evidence?.undecoded.length ?? 0;
  const counted = (count: number, one: string, many: string): LocalText[] =>
    count > 0 ? [sentence(count === 1 ? one : many, formatCount(count))] : [];
  return [
    ...(evidence === null && tensors.length > 0
      ? [sentence('Values: only the header was read, so NaN, untrained modules and outliers are not looked for.')]
      : []),
    ...counted(
      undecoded,
      'The values of {0} tensor, whose type is not decoded.',
      'The values of {0} tensors, whose types are not decoded.',
    ),
    ...counted(
      damaged,
      'The values of {0} tensor, whose data is missing or damaged.',
      'The values of {0} tensors, whose data is missing or damaged.',
    ),
    ...counted(
      unavailable,
      'The change of {0} module, which cannot be computed.',
      'The changes of {0} modules, which cannot be computed.',
    ),
    ...counted(
      unmeasured,
      'The singular values of {0} module, which would take too long.',
      'The singular values of {0} modules, which would take too long.',
    ),
    ...counted(
      evidence === null ? 0 : others,
      'The change of {0} module that is not a product: only its values were checked.',
      'The changes of {0} modules that are not products: only their values were checked.',
    ),
    ...(isAdapter
      ? [
          sentence(
            'The base model: its weights were not read, so the size of the change beside them, intruder dimensions ' +
              'and the rounding of a merge are unknown.',
          ),
        ]
      : []),
    sentence('The training data, the chat template and the tokenizer, which the weights do not show.'),
  ];
}
