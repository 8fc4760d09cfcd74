/** The architectures that have a module table. A new one is a short table in architectures/ and a name in this list. */

import type { Architecture } from './architectures/architecture';
import { bert, roberta } from './architectures/bert';
import { bloom, gpt2, gptJ, gptNeo, gptNeoX, opt } from './architectures/gpt';
import { gemma, gemma2, gemma3, llama, mistral, phi3, qwen2, qwen3 } from './architectures/llama';
import { t5 } from './architectures/t5';

const ARCHITECTURES: readonly Architecture[] = [
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  phi3,
  gpt2,
  gptNeo,
  gptJ,
  gptNeoX,
  bloom,
  opt,
  bert,
  roberta,
  t5,
];

export function architectureOf(modelType: string): Architecture | null {
  return ARCHITECTURES.find(({ modelTypes }) => modelTypes.includes(modelType)) ?? null;
}

export function knownModelTypes(): string[] {
  return ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes);
}
