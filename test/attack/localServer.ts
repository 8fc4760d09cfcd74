/** A web server on this machine that counts what it is asked for, and answers ranges of one file. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalServer {
  readonly address: string;
  /** Method and path of every request. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Answers 404 to all by default. */
export async function countRequests(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void = (_, response) => {
    response.writeHead(404).end();
  },
): Promise<LocalServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // A scenario that fails before it closes the server must not keep the program running.
  server.unref();
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** The first and last byte of a Range header; the whole file without one. */
function rangeOf(request: IncomingMessage, length: number): readonly [number, number] {
  const [, first, last] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
  return [Number(first ?? 0), last ? Math.min(Number(last), length - 1) : length - 1];
}

/**
 * Sends the range that is asked for, with this ETag. A range that is bound to another ETag gets the whole file. Returns
 * the number of bytes.
 */
export function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Buffer, etag: string): number {
  const bound = request.headers['if-range'];
  const whole = request.headers.range === undefined || (bound !== undefined && bound !== etag);
  const [first, last] = whole ? [0, bytes.length - 1] : rangeOf(request, bytes.length);
  response.writeHead(whole ? 200 : 206, {
    'Accept-Ranges': 'bytes',
    'Content-Length': last - first + 1,
    ...(!whole && { 'Content-Range': `bytes ${first}-${last}/${bytes.length}` }),
    ETag: etag,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes.subarray(first, last + 1));
  return last - first + 1;
}
