/** The architectures that have a module table. A new one is a short table in architectures/ and a name in this list. */

import type { Architecture } from './architectures/architecture';
import { BART_FAMILY } from './architectures/bart';
import { ENCODER_FAMILY } from './architectures/bert';
import { MORE_ENCODERS } from './architectures/encoders';
import { EXPERT_FAMILY } from './architectures/experts';
import { GPT_FAMILY } from './architectures/gpt';
import { HYBRID_FAMILY } from './architectures/hybrid';
import { LLAMA_FAMILY } from './architectures/llama';
import { RECENT_FAMILY } from './architectures/recent';
import { REMOTE_FAMILY } from './architectures/remote';
import { T5_FAMILY } from './architectures/t5';
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

export function knownModelTypes(): string[] {
  return ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes);
}
