/** The modules that PEFT adapts if a config names none, by the type of the whole model. */

import { text } from '../peftConfig/configValues';
import { PythonPattern } from '../peftConfig/pythonPattern';
import { factsOf } from './architectures';
import { mappedTargets } from './architectures/peftTargets';
import type { TargetMapping } from './architectures/peftTargets';
import type { ModuleTable } from './moduleTable';
import type { TargetSelection } from './targets';

/**
 * PEFT's default for the type of the whole model. `null` if it has none: the type of a multimodal model's language part
 * does not count.
 */
export function defaultTargets(table: ModuleTable, mapping: TargetMapping | null): TargetSelection['targets'] | null {
  const type = wholeType(table);
  const pattern = Object.hasOwn(PATTERN_DEFAULTS, type) ? PATTERN_DEFAULTS[type] : undefined;
  if (pattern !== undefined && mapping !== null && MAPPINGS_WITH_PATTERNS.has(mapping))
    return new PythonPattern(pattern);
  return mapping === null ? null : mappedTargets(factsOf(type).peftTargets ?? {}, mapping);
}

/** Defaults that are patterns instead of names. */
const PATTERN_DEFAULTS: Readonly<Record<string, string>> = {
  gemma4: '.*language_model\\..*\\.(q_proj|v_proj)',
};
const MAPPINGS_WITH_PATTERNS: ReadonlySet<TargetMapping> = new Set(['LORA', 'ADALORA', 'VBLORA', 'FOURIERFT', 'SHIRA']);

/** `model_type` at the top of config.json, by which PEFT looks up what it knows about a model. */
export function wholeType({ shape }: ModuleTable): string {
  return text(shape.whole, 'model_type') ?? shape.modelType;
}
