// Globals that Node, workers and browsers share, which the pure rooms may use. tsconfig.json excludes the platforms'
// own type libraries (`types: []`), so that using anything else is a type error.

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare const AbortController: { new (): AbortController };

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferView | ArrayBuffer): string;
}

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}

interface CompressionStream {
  readonly readable: ReadableStream;
  readonly writable: { getWriter(): { write(bytes: Uint8Array<ArrayBuffer>): Promise<void>; close(): Promise<void> } };
}
declare const CompressionStream: { new (format: 'gzip'): CompressionStream };
declare const DecompressionStream: { new (format: 'gzip'): CompressionStream };

type ReadableStream = object;
declare const Response: { new (body: ReadableStream): { arrayBuffer(): Promise<ArrayBuffer> } };

declare const MessageChannel: { new (): object };

declare const performance: { now(): number };
declare function setTimeout(handler: () => void, ms?: number): unknown;

declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  pathname: string;
  search: string;
  hash: string;
}
