/**
 * Sends one GET over http or https and follows redirects. Only this file of the extension uses the network, and
 * addresses.ts, which resolves names. httpRange.ts decides what to request, and httpRetry.ts whether to retry.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { CheckpointError } from '../checkpoint/errors';
import { HUB_ORIGIN } from '../checkpoint/remoteLocation';
import { addressesOf, isPrivateAddress } from './addresses';

export interface HttpOptions {
  /** A server that sends no byte for this long counts as stalled. */
  readonly stallMs: number;
  /** The only origin that the token is sent to. */
  readonly tokenOrigin: string;
  /** Called for every request to `tokenOrigin`; `null` sends no token. */
  readonly token: () => Promise<string | null>;
  /** Asks the user whether to follow a redirect from a public address to a private one. */
  readonly allowPrivate: (redirect: PrivateRedirect) => Promise<boolean>;
  /** `isPrivateAddress`, or a test's own rule. */
  readonly isPrivate: (address: string) => boolean;
}

/** A server on the Internet that sends this machine to an address of its own network. */
export interface PrivateRedirect {
  /** Host and port of the server that redirects. */
  readonly from: string;
  /** Host and port that it redirects to. */
  readonly to: string;
  /** The private IP address of `to`. */
  readonly address: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: http.IncomingHttpHeaders;
  /** The address after redirects. */
  readonly url: string;
  /** The public server that redirected here, as host and port; `null` if no public server did. */
  readonly sentBy: string | null;
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
  allowPrivate: async () => false,
  isPrivate: isPrivateAddress,
};

/** The Hub redirects to its storage in one or two steps. */
const MAX_REDIRECTS = 5;
/** Error codes of failures that a retry cannot mend, such as a wrong host name or certificate. */
const LASTING = /^(ENOTFOUND|ECONNREFUSED|CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HPE_|ERR_INVALID)/;

/**
 * Sends the request and resolves with the head of the final response. `sentBy` is that of the response which led to
 * `address`, and `null` if the user gave the address. Rejects with `TransientError`, with `CheckpointError` Network, or
 * with the signal's reason.
 */
export async function httpGet(
  address: string,
  headers: Readonly<Record<string, string>>,
  options: HttpOptions,
  signal?: AbortSignal,
  sentBy: string | null = null,
): Promise<HttpResponse> {
  let url = new URL(address);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // Each hop decides by its own address, so that a redirect never leaks the token to another origin.
    const token = url.origin === options.tokenOrigin ? await options.token() : null;
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const addresses = sentBy === null ? null : await allowedAddresses(url, sentBy, options, signal);
    const response = await send(url, { ...headers, ...authorization }, options, addresses, signal);
    const location = response.headers.location;
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return { ...response, sentBy };
    response.discard();
    if (!options.isPrivate(response.peer)) sentBy = url.host;
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
  // Node would send them to the other server.
  to.username = '';
  to.password = '';
  return to;
}

/**
 * The addresses of a host to which a public server redirects. The request goes to these alone: the name could otherwise
 * have another address by then. Rejects if some are private and the user does not allow it.
 */
async function allowedAddresses(
  url: URL,
  from: string,
  { isPrivate, allowPrivate }: HttpOptions,
  signal?: AbortSignal,
): Promise<readonly LookupAddress[]> {
  const addresses = await addressesOf(url).catch((error: unknown) => {
    throw failure(url, error, signal);
  });
  const found = addresses.find(({ address }) => isPrivate(address));
  if (found && !(await allowPrivate({ from, to: url.host, address: found.address }))) {
    const what = `redirects to ${url.host}, which is on this machine or its network (${found.address})`;
    throw network(`http://${from}`, `${what}. The redirect was not followed.`);
  }
  signal?.throwIfAborted();
  return addresses;
}

type SentResponse = Omit<HttpResponse, 'sentBy'> & { readonly peer: string };

function send(
  url: URL,
  headers: Record<string, string>,
  { stallMs }: HttpOptions,
  addresses: readonly LookupAddress[] | null,
  signal?: AbortSignal,
): Promise<SentResponse> {
  signal?.throwIfAborted();
  const failed = (error: unknown): Error => failure(url, error, signal);
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const pinned = addresses && { lookup: lookupOf(addresses) };
    const sent = request(url, { headers, timeout: stallMs, signal, ...pinned }, (response) => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        url: url.href,
        peer: response.socket.remoteAddress ?? '',
        body: chunks(response, failed),
        discard: () => void response.destroy(),
      });
    });
    sent.on('timeout', () => sent.destroy(new TransientError(`no answer for ${stallMs / 1000} s`)));
    sent.on('error', (error) => reject(failed(error)));
    sent.end();
  });
}

function failure(url: URL, error: unknown, signal?: AbortSignal): Error {
  if (signal?.aborted) return signal.reason as Error;
  if (error instanceof TransientError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const what =
    code === 'ENOTFOUND' ? 'there is no such server' : code === 'ECONNREFUSED' ? 'nothing answers there' : message;
  return LASTING.test(code) ? network(url.href, what) : new TransientError(what);
}

/** A resolver of names that knows these addresses only. */
function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    if (all) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}

async function* chunks(response: http.IncomingMessage, failed: (error: unknown) => Error): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    throw failed(error);
  }
}
