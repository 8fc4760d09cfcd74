/** Packs descriptions of sources for their way to a page: `unpackDescription` reads them there. */

import { Pacer } from '../checkpoint/pacer';
import type { SourceDescription } from '../checkpoint/sourceDescription';
import { ITEMS_PER_STEP } from '../checkpoint/steps';
import { mapTrainings } from '../protocol/packedDescription';
import type { PackedDescription, PackedJson } from '../protocol/packedDescription';

/** Compressing a shorter text takes longer than it saves. */
const LONG_BYTES = 2 ** 16;

/** Numbers that are not finite become null, and undefined fields are left out. Rejects with the signal's reason. */
export async function packDescription(
  description: SourceDescription,
  signal?: AbortSignal,
): Promise<PackedDescription> {
  const { trainings, ...rest } = description;
  if (!trainings) return packJson(rest, signal);
  const losses = mapTrainings(trainings, ({ loss }) => loss);
  const others = mapTrainings(trainings, ({ loss: _, ...other }) => other);
  return { ...(await packJson({ ...rest, trainings: others }, signal)), losses };
}

/** Pauses for messages while it writes the long lists of `value`. Rejects with the signal's reason. */
export async function packJson(value: object, signal?: AbortSignal): Promise<PackedJson> {
  const encoder = new TextEncoder();
  const pacer = new Pacer(signal);
  const short: Uint8Array<ArrayBuffer>[] = [];
  let gzip: Gzip | null = null;
  let [characters, bytes] = [0, 0];
  for (const text of jsonPieces(value)) {
    const piece = encoder.encode(text);
    characters += text.length;
    bytes += piece.length;
    if (gzip) await gzip.write(piece);
    else short.push(piece);
    if (!gzip && bytes >= LONG_BYTES) {
      gzip = new Gzip();
      for (const first of short) await gzip.write(first);
    }
    await pacer.pause();
  }
  if (gzip) return { json: await gzip.end(), gzipped: true, characters };
  return { json: joined(short, bytes), gzipped: false, characters };
}

/** Compresses pieces as they come, so that the whole text is never in memory. */
class Gzip {
  private readonly stream = new CompressionStream('gzip');
  private readonly writer = this.stream.writable.getWriter();
  private readonly packed = new Response(this.stream.readable).arrayBuffer();

  /** Resolves when the stream can take more. */
  async write(piece: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.writer.write(piece);
  }

  async end(): Promise<Uint8Array<ArrayBuffer>> {
    await this.writer.close();
    return new Uint8Array(await this.packed);
  }
}

/** The JSON of an object, with the lists among its fields in pieces. */
function* jsonPieces(value: object): Generator<string> {
  let before = '{';
  for (const [key, field] of Object.entries(value) as [string, unknown][]) {
    if (field === undefined) continue;
    yield `${before}${JSON.stringify(key)}:`;
    before = ',';
    if (!Array.isArray(field)) yield JSON.stringify(field);
    else {
      for (let i = 0; i < field.length; i += ITEMS_PER_STEP) {
        const items = JSON.stringify(field.slice(i, i + ITEMS_PER_STEP)).slice(1, -1);
        yield `${i === 0 ? '[' : ','}${items}`;
      }
      yield field.length === 0 ? '[]' : ']';
    }
  }
  yield before === '{' ? '{}' : '}';
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
