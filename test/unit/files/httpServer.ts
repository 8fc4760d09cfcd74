/** A real server on this machine for tests. It has a handler for each path and records its requests. */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export class TestServer {
  readonly asked: Asked[] = [];
  /** Bytes of the bodies that `sendRange` wrote. */
  bytesSent = 0;
  private readonly handlers = new Map<string, Handler>();
  private readonly counts = new Map<string, number>();

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const path = new URL(request.url ?? '/', 'http://x').pathname;
      this.asked.push({ path, range: request.headers.range, headers: request.headers });
      const count = this.counts.get(path) ?? 0;
      this.counts.set(path, count + 1);
      const handler = this.handlers.get(path);
      if (handler) handler(request, response, count);
      else response.writeHead(404).end('not here');
    });
  }

  static async start(): Promise<TestServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestServer(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  on(path: string, handler: Handler): string {
    this.handlers.set(path, handler);
    return `${this.origin}${path}`;
  }

  /** Answers like a server that supports ranges. */
  serve(path: string, bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): string {
    return this.on(path, (request, response) => this.sendRange(request, response, bytes, headers));
  }

  sendRange(
    request: IncomingMessage,
    response: ServerResponse,
    bytes: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [begin, end] = match ? [Number(match[1]), Math.min(Number(match[2]) + 1, bytes.length)] : [0, bytes.length];
    const ifRange = request.headers['if-range'];
    const current = ifRange === undefined || ifRange === headers['etag'] || ifRange === headers['last-modified'];
    if (!match || !current) {
      this.bytesSent += bytes.length;
      response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);
    } else if (begin >= bytes.length) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    else {
      this.bytesSent += end - begin;
      const range = `bytes ${begin}-${end - 1}/${bytes.length}`;
      response
        .writeHead(206, { ...headers, 'content-range': range, 'content-length': end - begin })
        .end(bytes.subarray(begin, end));
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
