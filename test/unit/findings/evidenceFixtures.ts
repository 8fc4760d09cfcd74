/** Descriptions and evidence of small adapters, of which a test changes what it is about. */

import type { LoraModuleInfo, SourceDescription } from '../../../src/checkpoint/sourceDescription';
import type { Evidence, ModuleEvidence, TensorEvidence } from '../../../src/findings/evidence';

/** Rank 4 of a 32 x 16 weight, scaling 2. */
export function moduleInfo(changes: Partial<LoraModuleInfo> = {}): LoraModuleInfo {
  const { layer = 0, group = 'q_proj' } = changes;
  const module = `layers.${layer}.${group}`;
  return {
    module,
    layer,
    group,
    rank: 4,
    alpha: 8,
    scaling: 2,
    scalingSource: 'alpha / r = 8 / 4',
    inFeatures: 16,
    outFeatures: 32,
    a: `${module}.lora_A.weight`,
    b: `${module}.lora_B.weight`,
    ...changes,
  };
}

/** Singular values 4, 3, 2, 1: a trained module without anything odd. */
export function moduleEvidence({
  info,
  ...changes
}: Partial<Omit<ModuleEvidence, 'info'>> & { readonly info?: Partial<LoraModuleInfo> } = {}): ModuleEvidence {
  const whole = moduleInfo(info);
  return {
    info: whole,
    finite: true,
    zeroA: false,
    zeroB: false,
    zeroRowsOfB: 0,
    fingerprint: whole.module,
    singularValues: Float64Array.of(4, 3, 2, 1),
    ...changes,
  };
}

export function tensorEvidence(changes: Partial<TensorEvidence> = {}): TensorEvidence {
  return {
    name: 'layers.0.q_proj.lora_B.weight',
    values: 128,
    zeros: 0,
    nan: 0,
    infinite: 0,
    firstNonFinite: null,
    ...changes,
  };
}

export function evidenceOf(modules: readonly ModuleEvidence[], changes: Partial<Evidence> = {}): Evidence {
  return { modules, tensors: [], failures: [], undecoded: [], unmeasured: [], ...changes };
}

export function descriptionOf(
  lora: readonly LoraModuleInfo[],
  changes: Partial<SourceDescription> = {},
): SourceDescription {
  return {
    kind: 'checkpoint',
    title: 'adapter',
    method: 'LORA',
    config: [],
    parameters: 0,
    tensors: [],
    lora,
    adapters: lora.map(({ module, rank, alpha, scaling, scalingSource, inFeatures, outFeatures, a, b }) => ({
      module,
      method: 'LORA',
      rank,
      alpha,
      scaling,
      scalingSource,
      inFeatures,
      outFeatures,
      factors: [a, b].filter(Boolean).map((tensor) => ({ tensor, role: '', shape: [], dims: [] })),
      parameters: 0,
    })),
    settings: null,
    bottlenecks: [],
    prefixes: [],
    prompts: [],
    problems: [],
    ...changes,
  };
}
