/**
 * Sends one GET over http or https and follows redirects. Only this file of the extension uses the network.
 * httpRange.ts decides what to request and whether to retry.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import { CheckpointError } from '../checkpoint/errors';
import { HUB_ORIGIN } from '../checkpoint/remoteLocation';

export interface HttpOptions {
  /** A server that sends no byte for this long counts as stalled. */
  readonly stallMs: number;
  /** The only origin that the token is sent to. */
  readonly tokenOrigin: string;
  /** Called for every request to `tokenOrigin`; `null` sends no token. */
  readonly token: () => Promise<string | null>;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: http.IncomingHttpHeaders;
  /** The address after redirects. */
  readonly url: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Abandons the rest of the body. */
  discard(): void;
}

/** A failure that may pass: the request can be sent again. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  constructor(
    message: string,
    /** The wait that the server asked for. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

export const DEFAULT_HTTP: HttpOptions = {
  // Long enough for a satellite link and for a Hub that fetches from cold storage, short enough for a waiting user.
  stallMs: 20_000,
  tokenOrigin: HUB_ORIGIN,
  token: async () => null,
};

/** The Hub redirects to its storage in one or two steps. */
const MAX_REDIRECTS = 5;
/** Error codes of failures that a retry cannot mend, such as a wrong host name or certificate. */
const LASTING = /^(ENOTFOUND|ECONNREFUSED|CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HPE_|ERR_INVALID)/;

/**
 * Sends the request and resolves with the head of the final response. Rejects with `TransientError`, with
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
    // Each hop decides by its own address, so that a redirect never leaks the token to another origin.
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

/** An error with the message 'host: what went wrong', for users. */
export function network(address: string, what: string): CheckpointError {
  return new CheckpointError('Network', `${new URL(address).host}: ${what}`);
}

function redirected(from: URL, location: string): URL {
  let to: URL;
  try {
    to = new URL(location, from);
  } catch {
    throw network(from.href, 'redirects to an invalid address');
  }
  if (to.protocol !== 'https:' && !(to.protocol === 'http:' && from.protocol === 'http:')) {
    throw network(from.href, `redirects to ${to.protocol}, which is not followed`);
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
