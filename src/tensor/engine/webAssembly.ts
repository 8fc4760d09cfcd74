/**
 * The part of the WebAssembly API that the engine uses, declared here because the type libraries of the pure rooms do
 * not include it. `webAssembly` is undefined if the platform has none.
 */

export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  grow(pages: number): number;
}

/** A compiled module: opaque, can be posted to a worker. */
export type WasmModule = object;

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (limits: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
}

interface Globals {
  readonly WebAssembly?: WebAssemblyApi;
  readonly Uint8Array: { fromBase64?(text: string): Uint8Array };
  readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array };
  atob(text: string): string;
}

const globals = globalThis as unknown as Globals;

export const webAssembly: WebAssemblyApi | undefined = globals.WebAssembly;

export const WASM_PAGE_BYTES = 65536;

export function decodeBase64(text: string): Uint8Array {
  // The built-in decoder if there is one: in a new process the loop below takes 2 ms for all kernels.
  if (globals.Uint8Array.fromBase64) return globals.Uint8Array.fromBase64(text);
  if (globals.Buffer) return globals.Buffer.from(text, 'base64');
  const characters = globals.atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
