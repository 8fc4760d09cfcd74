/** Makes adapters with one LoRA pair for each of the given modules. */

const RANK = 2;
const FEATURES = 4;
/** Bytes of one factor in F32. */
const BYTES = RANK * FEATURES * 4;

/** A safetensors file with the factors A and B of each module, all zero. Equal names count once. */
export function loraFile(modules: readonly string[]): Uint8Array {
  const names = [...new Set(modules)].flatMap((module) =>
    ['A', 'B'].map((factor) => [`base_model.model.${module}.lora_${factor}.weight`, factor] as const),
  );
  const fields = names.map(([name, factor], index) => {
    const shape = factor === 'A' ? [RANK, FEATURES] : [FEATURES, RANK];
    const data_offsets = [index * BYTES, (index + 1) * BYTES];
    return [name, { dtype: 'F32', shape, data_offsets }] as const;
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const file = new Uint8Array(8 + header.length + names.length * BYTES);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}
