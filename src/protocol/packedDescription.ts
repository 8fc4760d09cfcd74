/**
 * A description packed into bytes, as it travels from the worker to a page. Otherwise each hop would serialise and
 * parse the thousands of tensors of a large model while the extension host waits. A remote window receives a tenth of
 * the bytes.
 */

import type { SourceDescription, TrainingInfo } from '../checkpoint/sourceDescription';

export interface PackedDescription {
  /** UTF-8 JSON of everything except `loss`. Long texts are gzipped. */
  readonly json: Uint8Array<ArrayBuffer>;
  readonly gzipped: boolean;
  /** The loss curve of a training, as float64. */
  readonly loss?: Float64Array;
}

/** Compressing a shorter text takes longer than it saves. */
const LONG_BYTES = 2 ** 16;

/** Numbers that are not finite become null, and undefined fields are left out. */
export async function packDescription(description: SourceDescription): Promise<PackedDescription> {
  const { training, ...rest } = description;
  if (!training) return packJson(rest);
  const { loss, ...others } = training;
  return { ...(await packJson({ ...rest, training: others })), loss };
}

export async function unpackDescription({ json, gzipped, loss }: PackedDescription): Promise<SourceDescription> {
  const bytes = gzipped ? await through(json, new DecompressionStream('gzip')) : json;
  const description = JSON.parse(new TextDecoder().decode(bytes)) as SourceDescription;
  if (!loss) return description;
  return { ...description, training: { ...(description.training as TrainingInfo), loss } };
}

async function packJson(value: unknown): Promise<PackedDescription> {
  const json = new TextEncoder().encode(JSON.stringify(value));
  if (json.length < LONG_BYTES) return { json, gzipped: false };
  return { json: await through(json, new CompressionStream('gzip')), gzipped: true };
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
