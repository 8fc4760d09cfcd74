/** LoRA and DoRA as PEFT saves them, with the scaling that PEFT computes for each module. */

import { UnknownMethodError } from '../../budget/errors';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import { parseAdapterConfig } from '../../peftConfig/adapterConfig';
import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import { peftScaling } from '../../peftConfig/peftScaling';
import { factorsOfWeight } from '../../peft/loraInit';
import type { Random } from '../../tensor/random';
import type { Workspace } from '../../tensor/workspace';
import type { ModelAdapter } from '../modelAdapter';
import { NO_ADAPTER } from '../modelAdapter';
import type { Linear, Projection } from '../projection';
import { DoraProjection } from './doraProjection';
import { DropoutMask } from './dropoutMask';
import { LoraEmbedding } from './loraEmbedding';
import type { LoraFactors } from './loraProjection';
import { LoraProjection } from './loraProjection';
import type { SavedAdapter } from './savedAdapter';

/** Variants that compute something else than W + scaling·B·A, or change the weights by the data. */
const UNKNOWN_VARIANTS = [
  ...['arrow_config', 'use_bdlora', 'kasa_config', 'velora_config', 'monteclora_config', 'use_qalora'],
  ...['alora_invocation_tokens', 'target_parameters', 'layer_replication', 'trainable_token_indices'],
];
const UNKNOWN_INITIALISATIONS = /^(corda|loftq|lora_ga)$/i;

export interface LoraSources {
  readonly saved: SavedAdapter;
  readonly settings: AdapterSettings;
  readonly workspace: Workspace;
  /** The source of dropout; `null` switches it off. */
  readonly random: Random | null;
}

/** @throws UnknownMethodError for a variant that is not implemented. */
export function loraMethod(sources: LoraSources): ModelAdapter {
  const { saved, settings, workspace } = sources;
  checkVariant(settings);
  const config = parseAdapterConfig(JSON.stringify(settings.config));
  return {
    ...NO_ADAPTER,
    parameters: saved.parameters,
    replacement: (tensor) => saved.take(tensor),
    project: (module, plain) => project(sources, config, module, plain),
    embed: (module) => {
      const a = saved.take(`${module}.lora_embedding_A`);
      if (!a) return null;
      if (saved.take(`${module}.lora_magnitude_vector`))
        throw new UnknownMethodError(`'${module}': DoRA of an embedding is not implemented`);
      const b = saved.require(`${module}.lora_embedding_B`, [null, a.value.shape[0]!]);
      return new LoraEmbedding(a, b, moduleScaling(module, a.value.shape[0]!, config), workspace);
    },
  };
}

function project(sources: LoraSources, config: AdapterConfig, module: string, plain: Linear): Projection {
  const { saved, settings, workspace, random } = sources;
  const a = saved.take(`${module}.lora_A`);
  if (!a) return plain;
  const rank = a.value.shape[0]!;
  saved.require(`${module}.lora_A`, [rank, plain.inFeatures]);
  const b = saved.require(`${module}.lora_B`, [plain.outFeatures, rank]);
  const bias = saved.take(`${module}.lora_B.bias`);
  const scaling = moduleScaling(module, rank, config);
  const factors: LoraFactors = { a, b, bias, scaling };
  freezeResidual(plain, rank, scaling, settings);
  const dropout = settings.number('lora_dropout');
  if (!config.useDora) {
    const mask = random && dropout > 0 ? new DropoutMask(dropout, random, workspace) : null;
    return new LoraProjection(plain, factors, mask, workspace);
  }
  if (random && dropout > 0) throw new UnknownMethodError('training DoRA with lora_dropout is not implemented');
  const magnitude = saved.require(`${module}.lora_magnitude_vector`, [plain.outFeatures]);
  return new DoraProjection(plain, factors, magnitude, workspace);
}

export function moduleScaling(module: string, rank: number, config: AdapterConfig): number {
  return peftScaling({ module, method: 'LORA', tensorRank: rank, hasInner: false }, config, []).scaling;
}

/** PiSSA and OLoRA took A and B from the weight, so that the frozen weight is the rest of it. */
function freezeResidual({ weight }: Linear, rank: number, scaling: number, settings: AdapterSettings): void {
  const init = weightInitialisation(settings);
  if (init) weight.value.data.set(factorsOfWeight(init, weight.value, rank, scaling).residual.data);
}

/** The initialisation that takes A and B from the weight; `null` for one that does not. */
export function weightInitialisation(settings: AdapterSettings): 'pissa' | 'olora' | null {
  const init = /^(pissa|olora)/i.exec(settings.text('init_lora_weights') ?? '')?.[1]?.toLowerCase();
  return init === 'pissa' || init === 'olora' ? init : null;
}

function checkVariant(settings: AdapterSettings): void {
  const variant = UNKNOWN_VARIANTS.find((key) => settings.present(key));
  if (variant !== undefined) throw new UnknownMethodError(`LoRA with '${variant}' is not implemented`);
  const init = settings.text('init_lora_weights') ?? '';
  if (UNKNOWN_INITIALISATIONS.test(init))
    throw new UnknownMethodError(`init_lora_weights '${init}' changes the base weights by data; not implemented`);
}
