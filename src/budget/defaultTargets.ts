/** What PEFT targets if a config names no target_modules: the entry of the model type in the method's mapping. */

import { factsOf } from './architectures';
import type { TargetMapping } from './architectures/peftTargets';
import { mappedTargets } from './architectures/peftTargets';

const MAPPINGS: Readonly<Record<string, TargetMapping>> = {
  FOURIERFT: 'FOURIERFT',
  C3A: 'FOURIERFT',
  WAVEFT: 'WAVEFT',
  SHIRA: 'SHIRA',
  VERA: 'SHIRA',
  PVERA: 'SHIRA',
  FROD: 'SHIRA',
  IA3: 'IA3',
  IA3_FEEDFORWARD: 'IA3_FEEDFORWARD',
  ADALORA: 'ADALORA',
  VBLORA: 'VBLORA',
  LN_TUNING: 'LN_TUNING',
  BEFT: 'BEFT',
  OSF: 'OSF',
};

export function defaultTargetsOf(method: string, modelType: string): readonly string[] | null {
  if (method === 'XLORA') return null;
  const own = Object.hasOwn(MAPPINGS, method) ? MAPPINGS[method] : undefined;
  return mappedTargets(factsOf(modelType).peftTargets ?? {}, own ?? 'LORA');
}
