/** Finds the part of a config that describes the language model, and where a multimodal model keeps it. */

import { architectureOf, factsOf } from './architectures';
import { BESIDE_VISION, multimodal } from './architectures/multimodal';
import type { RawConfig } from '../peftConfig/configValues';
import { isObject, text } from '../peftConfig/configValues';
import type { Wrapper } from './modelShape';
import { HIDDEN } from './partShape';

interface LanguagePart {
  readonly part: RawConfig;
  readonly modelType: string;
  /** `null` if the model is only a language model. */
  readonly wrapper: Wrapper | null;
}

export function languagePart(config: RawConfig): LanguagePart {
  const outer = text(config, 'model_type') ?? '';
  const composite = architectureOf(outer)?.composite ?? false;
  const { textType, wrapper: ownWrapper = BESIDE_VISION } = multimodal(outer);
  const wrapper = composite ? null : ownWrapper;
  const thinker = config['thinker_config'];
  for (const holder of isObject(thinker) ? [thinker, config] : [config]) {
    for (const key of ['text_config', 'llm_config', 'language_config']) {
      const part = Object.hasOwn(holder, key) ? holder[key] : undefined;
      if (!isObject(part)) continue;
      const modelType = composite ? outer : (text(part, 'model_type') ?? textType ?? `${outer}_text`);
      const sizes = factsOf(modelType).classSizes;
      if (sizes || HIDDEN.some((name) => typeof part[name] === 'number'))
        return { part: { ...sizes, ...part }, modelType, wrapper };
    }
  }
  if (textType !== undefined) return { part: config, modelType: textType, wrapper };
  // The config of a pair of towers may consist of defaults only.
  if (composite) return { part: { ...factsOf(outer).classSizes }, modelType: outer, wrapper };
  return { part: config, modelType: outer, wrapper: null };
}
