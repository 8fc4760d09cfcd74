/** The architectures, by model type. To add one, write its table in architectures/ and put it in its family's list. */

import type { Architecture } from './architectures/architecture';
import { BART_FAMILY } from './architectures/bart';
import { ENCODER_FAMILY } from './architectures/bert';
import { MORE_ENCODERS } from './architectures/encoders';
import { EXPERT_FAMILY } from './architectures/experts';
import { GPT_FAMILY } from './architectures/gpt';
import { HYBRID_FAMILY } from './architectures/hybrid';
import type { ForwardFacts } from './architectures/forwardFacts';
import { USUAL_FORWARD } from './architectures/forwardFacts';
import { LLAMA_FAMILY } from './architectures/llama';
import type { ModelFacts } from './architectures/modelFacts';
import { RECENT_FAMILY } from './architectures/recent';
import { REMOTE_FAMILY } from './architectures/remote';
import { T5_FAMILY } from './architectures/t5';
import { UNTABLED } from './architectures/untabled';
import { VISION_FAMILY } from './architectures/vision';

const ARCHITECTURES: readonly Architecture[] = [
  ...LLAMA_FAMILY,
  ...EXPERT_FAMILY,
  ...RECENT_FAMILY,
  ...HYBRID_FAMILY,
  ...GPT_FAMILY,
  ...REMOTE_FAMILY,
  ...ENCODER_FAMILY,
  ...MORE_ENCODERS,
  ...T5_FAMILY,
  ...BART_FAMILY,
  ...VISION_FAMILY,
];

export function architectureOf(modelType: string): Architecture | null {
  return ARCHITECTURES.find(({ modelTypes }) => modelTypes.includes(modelType)) ?? null;
}

const NO_FACTS: ModelFacts = { modelTypes: [] };

/** Facts about a model type, whether or not it has a module table; empty for an unknown type. */
export function factsOf(modelType: string): ModelFacts {
  return architectureOf(modelType) ?? UNTABLED.find(({ modelTypes }) => modelTypes.includes(modelType)) ?? NO_FACTS;
}

export function forwardFactsOf(modelType: string): ForwardFacts {
  return { ...USUAL_FORWARD, ...factsOf(modelType).forward };
}

/** The model types that LLaMA-Adapter supports. */
export function adaptionTypes(): string[] {
  return ARCHITECTURES.filter(({ adaptionTarget }) => adaptionTarget !== undefined).flatMap(
    ({ modelTypes }) => modelTypes,
  );
}

export function knownModelTypes(): string[] {
  return ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes);
}
