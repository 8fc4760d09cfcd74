/** Two adapters on one model at once, which must adapt different parts of it. */

import { UnknownMethodError } from '../../budget/errors';
import type { ModelAdapter } from '../modelAdapter';

/** @throws UnknownMethodError if both adapt the same part, then or while the model is built. */
export function combinedAdapters(first: ModelAdapter, second: ModelAdapter): ModelAdapter {
  const either = <T>(part: string, a: T | null, b: T | null): T | null => {
    if (a !== null && b !== null) throw new UnknownMethodError(`two adapters at once cannot both adapt ${part}`);
    return a ?? b;
  };
  return {
    parameters: [...first.parameters, ...second.parameters],
    replacement: (tensor) => either(`'${tensor}'`, first.replacement(tensor), second.replacement(tensor)),
    project: (module, plain) => {
      const [a, b] = [first, second].map((adapter) => adapter.project(module, plain));
      return either(`'${module}'`, a === plain ? null : a!, b === plain ? null : b!) ?? plain;
    },
    embed: (module) => either(`'${module}'`, first.embed(module), second.embed(module)),
    join: (layer, place) => either(`layer ${layer}`, first.join(layer, place), second.join(layer, place)),
    prompt: either('the prompt', first.prompt, second.prompt),
    prefix: either('the prefix', first.prefix, second.prefix),
  };
}
