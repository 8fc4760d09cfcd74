/** A failure of the platform: no memory, no WebAssembly, a dead thread. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}
