/** Encodes a safetensors file of F32 tensors whose values come from `valueAt`. */
export function f32Safetensors(
  shapes: Readonly<Record<string, readonly number[]>>,
  valueAt: (name: string, i: number) => number,
): Buffer {
  const header: Record<string, object> = {};
  const values: number[] = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [4 * values.length, 4 * (values.length + size)] };
    for (let i = 0; i < size; i++) values.push(valueAt(name, i));
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.from(Float32Array.from(values).buffer)]);
}
