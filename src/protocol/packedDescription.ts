/**
 * A description as it travels from the worker to a page: one run of bytes. Of a model with thousands of tensors every
 * step on the way would otherwise take it apart and put it together again, and the editor's host waits for each.
 */

import type { SourceDescription, TrainingInfo } from './source';

export interface PackedDescription {
  /** UTF-8 JSON of all but `loss`. */
  readonly json: Uint8Array<ArrayBuffer>;
  /** Of the training, where there is one: float64 as it is. */
  readonly loss?: Float64Array;
}

/** A number that is not finite becomes null, and a field that is undefined is left out. */
export function packDescription(description: SourceDescription): PackedDescription {
  const { training, ...rest } = description;
  if (!training) return { json: encode(rest) };
  const { loss, ...others } = training;
  return { json: encode({ ...rest, training: others }), loss };
}

export function unpackDescription({ json, loss }: PackedDescription): SourceDescription {
  const description = JSON.parse(new TextDecoder().decode(json)) as SourceDescription;
  if (!loss) return description;
  return { ...description, training: { ...(description.training as TrainingInfo), loss } };
}

function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
