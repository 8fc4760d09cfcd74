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

/** Compressing a shorter text takes longer than it saves. */
const LONG_BYTES = 2 ** 16;

/** Numbers that are not finite become null, and undefined fields are left out. */
export async function packDescription(description: SourceDescription): Promise<PackedDescription> {
  const { trainings, ...rest } = description;
  if (!trainings) return packJson(rest);
  const losses = mapped(trainings, ({ loss }) => loss);
  const others = mapped(trainings, ({ loss: _, ...other }) => other);
  return { ...(await packJson({ ...rest, trainings: others })), losses };
}

export async function unpackDescription({ losses, ...packed }: PackedDescription): Promise<SourceDescription> {
  const description = (await unpackJson(packed)) as SourceDescription;
  if (!losses) return description;
  return {
    ...description,
    trainings: mapped(description.trainings!, (training, method) => ({ ...training, loss: losses[method] })),
  };
}

function mapped<T>(
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

export async function packJson(value: unknown): Promise<PackedJson> {
  const text = JSON.stringify(value);
  const json = new TextEncoder().encode(text);
  const characters = text.length;
  if (json.length < LONG_BYTES) return { json, gzipped: false, characters };
  return { json: await through(json, new CompressionStream('gzip')), gzipped: true, characters };
}

export async function unpackJson({ json, gzipped }: PackedJson): Promise<unknown> {
  const bytes = gzipped ? await through(json, new DecompressionStream('gzip')) : json;
  return JSON.parse(new TextDecoder().decode(bytes));
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  { readable, writable }: CompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = writable.getWriter();
  const written = Promise.all([writer.write(bytes), writer.close()]);
  const [packed] = await Promise.all([new Response(readable).arrayBuffer(), written]);
  return new Uint8Array(packed);
}
