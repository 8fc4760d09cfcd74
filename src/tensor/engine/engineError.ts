/** What the engine throws where its platform fails it: no memory, no WebAssembly, a thread that died. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}
