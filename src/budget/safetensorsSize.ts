/**
 * The exact size of a safetensors file as PEFT saves it: 8 bytes of length, a compact JSON header padded to a multiple
 * of 8, then the data without gaps. Tensors are sorted by type, widest first, then by name.
 */

/** The types of saved adapters in the library's order, each with its size in bytes. */
const DTYPES = { U8: 1, I16: 2, F16: 2, BF16: 2, I32: 4, F32: 4, F64: 8, I64: 8 } as const;
export type Dtype = keyof typeof DTYPES;
const ORDER = Object.keys(DTYPES) as readonly Dtype[];

export interface SavedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** F32 if absent: PEFT keeps adapters in float32, even on a half-precision base (`autocast_adapter_dtype`). */
  readonly dtype?: Dtype;
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;

/** Bytes of `adapter_model.safetensors` with these tensors and the metadata that PEFT writes. */
export function safetensorsBytes(tensors: readonly SavedTensor[]): number {
  const encoder = new TextEncoder();
  const rank = ({ dtype = 'F32' }: SavedTensor): number => ORDER.indexOf(dtype);
  const sorted = [...tensors].sort((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let header = '{"__metadata__":{"format":"pt"}'.length + '}'.length;
  let offset = 0;
  for (const { name, shape, dtype = 'F32' } of sorted) {
    const end = offset + DTYPES[dtype] * elements(shape);
    const layout = `"shape":[${shape.join(',')}],"data_offsets":[${offset},${end}]`;
    const entry = `,${JSON.stringify(name)}:{"dtype":"${dtype}",${layout}}`;
    header += encoder.encode(entry).length;
    offset = end;
  }
  return LENGTH_BYTES + Math.ceil(header / ALIGNMENT) * ALIGNMENT + offset;
}

export function tensorBytes({ shape, dtype = 'F32' }: Omit<SavedTensor, 'name'>): number {
  return DTYPES[dtype] * elements(shape);
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
