/**
 * A description packed into bytes, as it travels from the worker to a page. Otherwise each hop would serialise and
 * parse the thousands of tensors of a large model while the extension host waits. A remote window receives a tenth of
 * the bytes.
 */

import type { SourceDescription, TrainedMethod, TrainingInfo, Trainings } from '../checkpoint/sourceDescription';

/** A value as UTF-8 JSON. Long texts are gzipped. */
export interface PackedJson {
  readonly json: Uint8Array<ArrayBuffer>;
  readonly gzipped: boolean;
  /** Length of the JSON text. */
  readonly characters: number;
}

/** Everything except the losses is JSON. */
export interface PackedDescription extends PackedJson {
  /** The loss curves of the trainings, as float64. */
  readonly losses?: Readonly<Record<TrainedMethod, Float64Array>>;
}

export async function unpackDescription({ losses, ...packed }: PackedDescription): Promise<SourceDescription> {
  const description = (await unpackJson(packed)) as SourceDescription;
  if (!losses) return description;
  return {
    ...description,
    trainings: mapTrainings(description.trainings!, (training, method) => ({ ...training, loss: losses[method] })),
  };
}

/** The trainings of all methods with `map` applied. */
export function mapTrainings<T>(
  trainings: Trainings,
  map: (training: TrainingInfo, method: TrainedMethod) => T,
): Record<TrainedMethod, T> {
  const { lora, adapter, prefix, prompt } = trainings;
  return {
    lora: map(lora, 'lora'),
    adapter: map(adapter, 'adapter'),
    prefix: map(prefix, 'prefix'),
    prompt: map(prompt, 'prompt'),
  };
}

export async function unpackJson({ json, gzipped }: PackedJson): Promise<unknown> {
  const bytes = gzipped ? await unzipped(json) : json;
  return JSON.parse(new TextDecoder().decode(bytes));
}

async function unzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  const written = Promise.all([writer.write(bytes), writer.close()]);
  const [unpacked] = await Promise.all([new Response(readable).arrayBuffer(), written]);
  return new Uint8Array(unpacked);
}
