/** Recognises GGUF files without the code that reads them, which loads with the first one. */

/** Whether a file begins with the magic bytes 'GGUF'. */
export function isGguf(start: Uint8Array): boolean {
  return start[0] === 0x47 && start[1] === 0x47 && start[2] === 0x55 && start[3] === 0x46;
}
