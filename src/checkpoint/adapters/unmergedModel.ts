/** Recognises a whole model that was saved with its adapter in it: the trainer called `save` on the wrapped model. */

import type { Problem } from '../../peftConfig/problem';
import { eachInSteps, filterInSteps } from '../steps';
import type { Steps } from '../steps';
import type { AdapterPart } from './adapterPart';
import type { AdapterParts } from './adapterParts';
import { EMBEDDINGS } from './savedTensors';
import { withoutPeftPrefix } from './tensorNames';
import { withoutWrappers } from './trainingWrappers';

const BASE_WEIGHT = '.base_layer.weight';

/**
 * The problem, or `null` if the file holds only an adapter. PEFT also saves `base_layer.weight` for an adapted embedding,
 * so a frozen weight of another module is needed, and tensors of modules without an adapter.
 */
export function* unmergedModel({ parts, rest }: AdapterParts): Steps<Problem | null> {
  const adapted = new Set<string>();
  yield* eachInSteps(parts, (part) => {
    if (isLora(part)) adapted.add(part.module);
  });
  const frozen = yield* filterInSteps(rest, ({ name }) => {
    if (!name.endsWith(BASE_WEIGHT)) return false;
    const module = withoutPeftPrefix(withoutWrappers(name)).slice(0, -BASE_WEIGHT.length);
    return adapted.has(module) && !EMBEDDINGS.includes(module.slice(module.lastIndexOf('.') + 1));
  });
  const others = yield* filterInSteps(rest, ({ name }) => !name.includes('.base_layer.'));
  if (frozen.length === 0 || others.length === 0) return null;
  return {
    severity: 'error',
    message:
      `the file is a whole model saved with its adapter in it, not merged: ${frozen.length} frozen weights ` +
      `('base_layer') stand beside ${adapted.size} adapted modules and ${others.length} other tensors of the base model. ` +
      'Neither transformers nor PEFT loads it as it is. Extract the adapter (save_pretrained of the PeftModel), or ' +
      'merge it into the model (merge_and_unload)',
    subject: frozen[0]!.name,
  };
}

function isLora({ tensors }: AdapterPart): boolean {
  return tensors.has('a') || tensors.has('b');
}
