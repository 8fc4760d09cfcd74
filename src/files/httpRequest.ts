/**
 * One GET over http or https, redirects followed: the one file of the extension that talks to the network. What it is
 * asked for, and whether to ask again, is httpRange.ts's.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import { CheckpointError } from '../checkpoint/errors';
import { HUB_ORIGIN } from '../checkpoint/remoteLocation';

export interface HttpOptions {
  /** Without a byte for this long, a server counts as stalled. */
  readonly stallMs: number;
  /** Where the token may go. */
  readonly tokenOrigin: string;
  /** Asked anew for every request to `tokenOrigin`; null for none. */
  readonly token: () => Promise<string | null>;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: http.IncomingHttpHeaders;
  /** Where the redirects led. */
  readonly url: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Leaves the rest of the body where it is. */
  discard(): void;
}

/** A failure that may pass: the request can be sent again. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  constructor(
    message: string,
    /** What the server asked to wait. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

export const DEFAULT_HTTP: HttpOptions = {
  // Long enough for a satellite link and a Hub that wakes a cold file, short enough to be told today.
  stallMs: 20_000,
  tokenOrigin: HUB_ORIGIN,
  token: async () => null,
};

/** The Hub sends to its storage in one or two. */
const MAX_REDIRECTS = 5;
/** What a broken name or certificate will say again however often it is asked. */
const LASTING = /^(ENOTFOUND|ECONNREFUSED|CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HPE_|ERR_INVALID)/;

/**
 * Sends the request and reads as far as the head of the final response. Rejects with `TransientError`, with
 * `CheckpointError` Network, or with the signal's reason.
 */
export async function httpGet(
  address: string,
  headers: Readonly<Record<string, string>>,
  options: HttpOptions,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  let url = new URL(address);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // Asked for every hop by its own address: what a server redirects to gets no token that is not meant for it.
    const token = url.origin === options.tokenOrigin ? await options.token() : null;
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await send(url, { ...headers, ...authorization }, options, signal);
    const location = response.headers.location;
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
    response.discard();
    url = redirected(url, location);
  }
  throw network(address, `redirects more than ${MAX_REDIRECTS} times`);
}

/** 'host: what went wrong', for people. */
export function network(address: string, what: string): CheckpointError {
  return new CheckpointError('Network', `${new URL(address).host}: ${what}`);
}

function redirected(from: URL, location: string): URL {
  let to: URL;
  try {
    to = new URL(location, from);
  } catch {
    throw network(from.href, 'redirects to an address that is none');
  }
  if (to.protocol !== 'https:' && !(to.protocol === 'http:' && from.protocol === 'http:')) {
    throw network(from.href, `redirects to ${to.protocol} which is not followed`);
  }
  return to;
}

function send(
  url: URL,
  headers: Record<string, string>,
  { stallMs }: HttpOptions,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  const failed = (error: unknown): Error => {
    if (signal?.aborted) return signal.reason as Error;
    if (error instanceof TransientError) return error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    const what =
      code === 'ENOTFOUND' ? 'there is no such server' : code === 'ECONNREFUSED' ? 'nothing answers there' : message;
    return LASTING.test(code) ? network(url.href, what) : new TransientError(what);
  };
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const sent = request(url, { headers, timeout: stallMs, signal }, (response) => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        url: url.href,
        body: chunks(response, failed),
        discard: () => void response.destroy(),
      });
    });
    sent.on('timeout', () => sent.destroy(new TransientError(`no answer for ${stallMs / 1000} s`)));
    sent.on('error', (error) => reject(failed(error)));
    sent.end();
  });
}

async function* chunks(response: http.IncomingMessage, failed: (error: unknown) => Error): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    throw failed(error);
  }
}
