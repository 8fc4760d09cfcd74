import type { ResidentBlock } from './matrixReader';

/** Calls `add` with every contiguous run of bytes in a block: once for a block without gaps, or else once per row. */
export function eachRun(
  { rowCount, columnCount, address, strideBytes }: ResidentBlock,
  entryBytes: number,
  add: (address: number, byteLength: number) => void,
): void {
  const rowBytes = columnCount * entryBytes;
  if (strideBytes === rowBytes) add(address, rowCount * rowBytes);
  else for (let i = 0; i < rowCount; i++) add(address + i * strideBytes, rowBytes);
}
