/**
 * Reads ranges of one file on a server. Retries after failures that may pass, and rejects contradictory responses.
 * Every response must belong to the same file as the first, by its length and its ETag or modification time (RFC 9110,
 * sections 13 and 14).
 */

import { CheckpointError } from '../checkpoint/errors';
import { quoted } from '../peftConfig/quoted';
import { TransientError, httpGet, network } from './httpRequest';
import type { HttpResponse } from './httpRequest';
import { retrying } from './httpRetry';
import type { Attempt, RangeOptions } from './httpRetry';

/** Time for a file beside the weights: they are shown without it rather than late. */
const BESIDE_DEADLINE_MS = 30_000;

interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** The first response: the file with its first bytes, or all bytes from a server without range support. */
type FirstAnswer =
  | { readonly whole: true; readonly bytes: Uint8Array<ArrayBuffer>; readonly modified: number }
  | {
      readonly whole: false;
      readonly file: RemoteFile;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly modified: number;
    };

/**
 * Requests the first `length` bytes. Rejects with `CheckpointError` Unreadable (no such file, no permission), TooLarge
 * (no range support, and over the limit) or Network.
 */
export async function openRemote(
  url: string,
  length: number,
  options: RangeOptions,
  signal?: AbortSignal,
): Promise<FirstAnswer> {
  return retrying(url, options, signal, async (attempt) => {
    const response = await httpGet(url, rangeHeaders(0, length), attempt.options, attempt.signal);
    checkPlain(response, url);
    const modified = Date.parse(response.headers['last-modified'] ?? '') || 0;
    if (response.status === 200) return { whole: true, bytes: await readWhole(response, url, attempt), modified };
    if (response.status === 416 && contentRange(response)?.total === 0) {
      response.discard();
      return { whole: true, bytes: new Uint8Array(), modified };
    }
    if (response.status !== 206) throw refused(response, url, options);
    const range = contentRange(response);
    if (range?.begin !== 0 || range.end > length || range.total === null || range.end > range.total) {
      response.discard();
      throw network(
        url,
        `was asked for bytes 0 to ${length - 1} and sends '${response.headers['content-range'] ?? 'no range'}'`,
      );
    }
    const expected = Math.min(length, range.total);
    const bytes = new Uint8Array(expected);
    const got = await readInto(response, url, bytes, range.end, attempt.got);
    if (got < expected) throw new TransientError(`sent ${got} of ${expected} bytes`);
    return { whole: false, file: new RemoteFile(url, response, range.total, options), bytes, modified };
  });
}

export class RemoteFile {
  private readonly validators: Validators;
  /** The address after redirects, which saves repeating them while it stays valid. */
  private direct: string;
  /** The public server that redirected to `direct`, as in `HttpResponse`. */
  private sentBy: string | null;

  constructor(
    private readonly url: string,
    first: HttpResponse,
    readonly size: number,
    private readonly options: RangeOptions,
  ) {
    this.direct = first.url;
    this.sentBy = first.sentBy;
    this.validators = { etag: first.headers.etag, lastModified: first.headers['last-modified'] };
  }

  /** Bytes [begin, end). Rejects with `CheckpointError` Changed or Network, or with the signal's reason. */
  async read(begin: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(end - begin);
    let done = 0;
    return retrying(this.url, this.options, signal, async (attempt) => {
      // The bytes of an interrupted attempt are kept, and the next attempt continues after them.
      const rest = bytes.subarray(done);
      const got = (count: number): void => {
        done += count;
        attempt.got(count);
      };
      try {
        await this.readOnce(begin + done, rest, { ...attempt, got });
      } finally {
        signal?.throwIfAborted();
      }
      if (done < bytes.length) throw new TransientError(`sent ${done} of ${bytes.length} bytes`);
      return bytes;
    });
  }

  private async readOnce(begin: number, out: Uint8Array, { options, signal, got }: Attempt): Promise<void> {
    const { etag, lastModified } = this.validators;
    // A weak ETag cannot validate ranges. A date can, to the second.
    const validator = etag === undefined ? lastModified : etag.startsWith('W/') ? undefined : etag;
    const headers = { ...rangeHeaders(begin, out.length), ...(validator !== undefined && { 'if-range': validator }) };
    const response = await httpGet(this.direct, headers, options, signal, this.sentBy);
    if ([401, 403, 404, 410].includes(response.status) && this.direct !== this.url) {
      // Signed addresses expire. The redirects give a new one.
      response.discard();
      this.direct = this.url;
      this.sentBy = null;
      throw new TransientError(`answers ${response.status}`, 0);
    }
    this.direct = response.url;
    this.sentBy = response.sentBy;
    checkPlain(response, this.url);
    const range = contentRange(response);
    const total = response.status === 200 ? contentLength(response) : (range?.total ?? null);
    const now = { etag: response.headers.etag, lastModified: response.headers['last-modified'] };
    if ([200, 206, 412, 416].includes(response.status) && this.isOther(now, total, response.status)) {
      response.discard();
      throw new CheckpointError(
        'Changed',
        'the file on the server changed since it was opened. Reload to see it as it is now.',
      );
    }
    if (response.status === 200) {
      response.discard();
      throw network(this.url, 'no longer serves ranges of the file');
    }
    if (response.status !== 206) throw refused(response, this.url, this.options);
    if (range?.begin !== begin || range.end > begin + out.length) {
      response.discard();
      throw network(
        this.url,
        `was asked for bytes from ${begin} and sends '${response.headers['content-range'] ?? 'no range'}'`,
      );
    }
    await readInto(response, this.url, out, range.end - begin, got);
  }

  private isOther({ etag, lastModified }: Validators, total: number | null, status: number): boolean {
    if (status === 412 || status === 416) return true;
    if (total !== null && total !== this.size) return true;
    const known = this.validators;
    if (etag !== undefined && known.etag !== undefined) return etag !== known.etag;
    return lastModified !== undefined && known.lastModified !== undefined && lastModified !== known.lastModified;
  }
}

/** The text of a small file; `null` if it is missing. Rejects with `CheckpointError` Unreadable, TooLarge or Network. */
export async function readRemoteText(
  url: string,
  limit: number,
  options: RangeOptions,
  signal?: AbortSignal,
): Promise<string | null> {
  const small = { ...options, maxWholeBytes: limit, deadlineMs: Math.min(options.deadlineMs, BESIDE_DEADLINE_MS) };
  return retrying(url, small, signal, async (attempt) => {
    const response = await httpGet(url, { 'accept-encoding': 'identity' }, attempt.options, attempt.signal);
    if (response.status !== 200) {
      response.discard();
      if (response.status === 404 || response.status === 410) return null;
      throw refused(response, url, options);
    }
    checkPlain(response, url);
    return new TextDecoder().decode(await readWhole(response, url, attempt));
  });
}

function rangeHeaders(begin: number, length: number): Record<string, string> {
  // Ranges of a compressed body would be meaningless.
  return { range: `bytes=${begin}-${begin + length - 1}`, 'accept-encoding': 'identity' };
}

function checkPlain(response: HttpResponse, url: string): void {
  const encoding = response.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity' || ![200, 206].includes(response.status)) return;
  response.discard();
  throw network(
    url,
    `sends the file compressed (${quoted(encoding)}) against the request: ranges have no meaning then`,
  );
}

/** The range [begin, end) and the file's size, which is `null` if the server does not state it. */
function contentRange(response: HttpResponse): { begin: number; end: number; total: number | null } | null {
  const match = /^bytes (?:(\d{1,16})-(\d{1,16})|\*)\/(\d{1,16}|\*)$/i.exec(response.headers['content-range'] ?? '');
  if (!match) return null;
  const [, first = '0', last = '-1', total = '*'] = match;
  return { begin: Number(first), end: Number(last) + 1, total: total === '*' ? null : Number(total) };
}

function contentLength(response: HttpResponse): number | null {
  const length = response.headers['content-length'];
  return length !== undefined && /^\d{1,16}$/.test(length) ? Number(length) : null;
}

/** Reads at most `length` bytes of the body into the start of `out`, rejects if more come, and returns their number. */
async function readInto(
  response: HttpResponse,
  url: string,
  out: Uint8Array,
  length: number,
  got: (bytes: number) => void = () => undefined,
): Promise<number> {
  let done = 0;
  for await (const chunk of response.body) {
    if (done + chunk.length > length) {
      response.discard();
      throw network(url, `announced ${length} bytes and sends more`);
    }
    out.set(chunk, done);
    done += chunk.length;
    got(chunk.length);
  }
  return done;
}

async function readWhole(
  response: HttpResponse,
  url: string,
  { options: { maxWholeBytes }, got }: Attempt,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = contentLength(response);
  const tooLarge = (size: string): CheckpointError => {
    response.discard();
    const message =
      `${new URL(url).host} serves the file only whole, and ${size} bytes exceed the limit of ${maxWholeBytes} ` +
      'for that. Download it and open the copy.';
    return new CheckpointError('TooLarge', message);
  };
  if (length !== null && length > maxWholeBytes) throw tooLarge(String(length));
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body) {
    total += chunk.length;
    got(chunk.length);
    if (total > maxWholeBytes) throw tooLarge(`over ${maxWholeBytes}`);
    pieces.push(chunk);
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The error for a response that is not the file. */
function refused(response: HttpResponse, url: string, { tokenOrigin }: RangeOptions): Error {
  const { status, headers } = response;
  response.discard();
  if (status === 429 || status >= 500) {
    const seconds = Number(headers['retry-after']);
    return new TransientError(`answers ${status}`, Number.isFinite(seconds) && seconds >= 0 ? 1000 * seconds : null);
  }
  const hub = new URL(url).origin === tokenOrigin;
  const said = headers['x-error-message'];
  const detail = hub && typeof said === 'string' ? ` It says: ${quoted(said)}` : '';
  const { host } = new URL(url);
  if (status === 401 || status === 403) {
    const advice = hub
      ? 'the repository is private, gated or missing. ' +
        'Accept its terms on its page, or run "PEFT: Set Hugging Face Token".'
      : 'it requires a permission that this extension does not have.';
    return new CheckpointError('Unreadable', `${host} answers ${status}: ${advice}${detail}`);
  }
  if (status === 404 || status === 410) {
    return new CheckpointError(
      'Unreadable',
      `${host} answers ${status}: there is no such file, repository or revision.${detail}`,
    );
  }
  return new CheckpointError('Network', `${host} answers ${status}, expected the file.${detail}`);
}
