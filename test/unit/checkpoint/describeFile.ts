/** Describes an invented file from the names and shapes of its tensors. */

import { parseAdapterConfig } from '../../../src/peftConfig/adapterConfig';
import { collectParts } from '../../../src/checkpoint/adapters/adapterParts';
import { describeCheckpoint } from '../../../src/checkpoint/describe';
import { configOfMetadata } from '../../../src/checkpoint/adapters/metadataConfig';
import { pairLora } from '../../../src/checkpoint/adapters/loraPairs';
import { describePrompts } from '../../../src/checkpoint/adapters/promptTensors';
import { atOnce } from '../../../src/checkpoint/steps';
import type { SourceDescription } from '../../../src/protocol/source';

export function describeShapes(
  shapes: Readonly<Record<string, readonly number[]>>,
  config: object | null = null,
  scalars: Readonly<Record<string, number>> = {},
  metadata: readonly (readonly [string, string])[] = [],
  loraAlpha?: number,
): SourceDescription {
  const tensors = Object.entries(shapes).map(([name, shape]) => ({
    name,
    dtype: 'F32',
    shape,
    begin: 0,
    end: 0,
    readable: true,
  }));
  const parsed = config ? parseAdapterConfig(JSON.stringify(config)) : configOfMetadata(metadata, []);
  const parts = atOnce(collectParts(tensors));
  const header = { format: 'safetensors', headerBytes: 0, dataStart: 8, metadata, tensors, errors: [], errorCount: 0 };
  const lora = atOnce(pairLora(tensors, parsed, new Map(Object.entries(scalars)), parts, loraAlpha));
  const prompts = describePrompts(tensors, parsed);
  const file = {
    path: '/x/adapter_model.safetensors',
    name: 'adapter_model.safetensors',
    folder: 'x',
    bytes: 0,
    modified: 0,
  };
  return atOnce(describeCheckpoint(file, header, parsed, parts, lora, prompts));
}
