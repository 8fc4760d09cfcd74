/** The methods of PEFT that the language models can run, by `peft_type`. */

import { UnknownMethodError } from '../../budget/errors';
import { checkedSettings } from '../../peftConfig/adapterRules';
import { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { RawConfig } from '../../peftConfig/configValues';
import type { Random } from '../../tensor/random';
import type { Workspace } from '../../tensor/workspace';
import type { NamedTensors } from '../buildModel';
import type { Decoder } from '../decoder';
import type { ModelAdapter } from '../modelAdapter';
import { NO_ADAPTER } from '../modelAdapter';
import { Ia3Projection } from './ia3Projection';
import type { LoraSources } from './loraMethod';
import { loraMethod } from './loraMethod';
import { SavedAdapter } from './savedAdapter';

interface PeftSources extends LoraSources {
  readonly decoder: Decoder;
}

const METHODS: Readonly<Record<string, (sources: PeftSources) => ModelAdapter>> = {
  LORA: loraMethod,
  IA3: ia3Adapter,
  PREFIX_TUNING: ({ saved, decoder }) => {
    const { numLayers, keyValueWidth } = decoder.shape;
    return { ...whole(saved), prefix: saved.require('prompt_embeddings', [null, 2 * numLayers * keyValueWidth]) };
  },
  PROMPT_TUNING: prompt,
  // Only the embeddings that the encoder of p-tuning made are saved, so they are a prompt like any other.
  P_TUNING: prompt,
};

interface AdapterOptions {
  readonly decoder: Decoder;
  readonly config: RawConfig;
  readonly tensors: NamedTensors;
  readonly workspace: Workspace;
  /** The source of dropout; `null` switches it off. */
  readonly random: Random | null;
}

/** @throws UnknownMethodError, ConfigError, ShapeError */
export function peftAdapter({ decoder, config, tensors, workspace, random }: AdapterOptions): {
  readonly adapter: ModelAdapter;
  readonly saved: SavedAdapter;
} {
  const given = new AdapterSettings(config);
  const method = Object.hasOwn(METHODS, given.method) ? METHODS[given.method] : undefined;
  if (!method) {
    const known = Object.keys(METHODS).join(', ');
    throw new UnknownMethodError(`a language model cannot run peft_type '${given.method.slice(0, 40)}', only ${known}`);
  }
  const { settings } = checkedSettings(given, given.method);
  const saved = new SavedAdapter(tensors, settings, workspace);
  return { adapter: method({ decoder, saved, settings, workspace, random }), saved };
}

/** Modules that are saved whole, which every method may have. */
function whole(saved: SavedAdapter): ModelAdapter {
  return { ...NO_ADAPTER, parameters: saved.parameters, replacement: (tensor) => saved.take(tensor) };
}

function prompt({ saved, decoder }: PeftSources): ModelAdapter {
  return { ...whole(saved), prompt: saved.require('prompt_embeddings', [null, decoder.shape.hiddenSize]) };
}

function ia3Adapter({ saved, workspace }: PeftSources): ModelAdapter {
  return {
    ...whole(saved),
    project: (module, plain) => {
      const scale = saved.take(`${module}.ia3_l`);
      if (!scale) return plain;
      // A feed-forward module scales its input, and its vector is saved as a row instead of a column.
      const scalesInput = scale.value.shape[0] === 1 && plain.outFeatures !== 1;
      saved.require(`${module}.ia3_l`, scalesInput ? [1, plain.inFeatures] : [plain.outFeatures, 1]);
      return new Ia3Projection(plain, scale, scalesInput, workspace);
    },
  };
}
