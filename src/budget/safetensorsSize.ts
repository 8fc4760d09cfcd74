/**
 * The exact size of a safetensors file as PEFT saves it: 8 bytes of length, a compact JSON header padded to a multiple
 * of 8, then the data without gaps.
 */

export interface SavedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** PEFT keeps adapters in float32, also on a half-precision base (`autocast_adapter_dtype`). */
const BYTES_PER_VALUE = 4;
const LENGTH_BYTES = 8;
const ALIGNMENT = 8;

/** Bytes of `adapter_model.safetensors` with these tensors, all F32, and the metadata that PEFT writes. */
export function safetensorsBytes(tensors: readonly SavedTensor[]): number {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let header = '{"__metadata__":{"format":"pt"}'.length + '}'.length;
  let offset = 0;
  for (const { name, shape } of sorted) {
    const end = offset + BYTES_PER_VALUE * elements(shape);
    const rest = `:{"dtype":"F32","shape":[${shape.join(',')}],"data_offsets":[${offset},${end}]}`;
    header += ','.length + encodedLength(name) + rest.length;
    offset = end;
  }
  return LENGTH_BYTES + Math.ceil(header / ALIGNMENT) * ALIGNMENT + offset;
}

/** Bytes of a name as a JSON string. Module names are plain ASCII, which needs no encoder to be measured. */
function encodedLength(name: string): number {
  if (/^[\w.-]*$/.test(name)) return name.length + 2;
  return new TextEncoder().encode(JSON.stringify(name)).length;
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
