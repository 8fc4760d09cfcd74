/** Recognises the library whose layout an adapter's file has. */

import { isTrainedWhole } from '../../peftConfig/adapterConfig';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { AdapterParts } from './adapterParts';
import type { TensorEntry } from '../header';

const LIBRARIES = [
  ['torchtune', 'torchtune'],
  ['nemo', 'NeMo'],
  ['ktransformers', 'ktransformers'],
] as const;

type Metadata = readonly (readonly [string, string])[];

const KOHYA = /^(?:lora_(?:unet|te\d?|prior|transformer)|lycoris)_/;

/** The library's name for users, or `null` for a file without an adapter. */
export function adapterLayout(
  tensors: readonly TensorEntry[],
  { parts }: AdapterParts,
  config: AdapterConfig | null,
  metadata: Metadata,
): string | null {
  if (config?.peftType) return 'Hugging Face PEFT';
  if (isTrainedWhole(config)) return 'MLX';
  const styles = new Set(parts.map(({ style }) => style));
  if (parts.length === 0) return null;
  const modules = parts.map(({ module }) => module);
  const some = (pattern: RegExp): boolean => modules.some((module) => pattern.test(module));
  if (styles.has('gguf')) return 'llama.cpp';
  if (styles.has('mlx')) return 'MLX';
  for (const [style, library] of LIBRARIES) if (styles.has(style)) return library;
  if (styles.has('adapterhub')) return 'AdapterHub';
  if (tensors.some(({ name }) => name.startsWith('base_model.'))) return 'Hugging Face PEFT';
  if (some(KOHYA)) return parts.some(({ method }) => method !== 'LORA') ? 'kohya (LyCORIS)' : 'kohya';
  if (some(/^diffusion_model\./)) return 'ComfyUI';
  const bare = parts.every(({ tensors: own }) => own.get('a')?.entry.name.endsWith('.lora_A') ?? true);
  if (bare && parts.every(({ method, style }) => method === 'LORA' && style === 'peft')) return 'microsoft/loralib';
  if (metadata.some(([key, value]) => key === 'software' && value.includes('ai-toolkit')))
    return 'ai-toolkit (diffusers)';
  if (some(/^(?:double|single)_blocks\./)) return styles.has('diffusers') ? 'XLabs' : 'Black Forest Labs';
  if (styles.has('diffusers') || some(/^(?:unet|transformer|text_encoder(?:_\d)?)\./)) return 'diffusers';
  if (styles.has('kohya')) return parts.some(({ method }) => method !== 'LORA') ? 'LyCORIS' : 'kohya';
  return 'transformers';
}
