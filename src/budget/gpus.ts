/** Common accelerators and the memory that programs see on them. */

export interface Gpu {
  readonly id: string;
  readonly name: string;
  /** Nominal size in GB. */
  readonly nominalGb: number;
  /** Bytes that the driver reports. ECC and firmware use part of the nominal size. */
  readonly bytes: number;
  readonly kind: 'consumer' | 'datacentre' | 'unified';
}

const MIB = 2 ** 20;
const gpu = (id: string, name: string, nominalGb: number, mib: number, kind: Gpu['kind']): Gpu => ({
  id,
  name,
  nominalGb,
  bytes: mib * MIB,
  kind,
});

/** Metal lets a program use about three quarters of the memory shared with the CPU. */
const METAL_SHARE = 0.75;
const apple = (gb: number): Gpu => gpu(`apple-${gb}`, `Apple silicon ${gb} GB`, gb, METAL_SHARE * gb * 1024, 'unified');

/** Sorted by memory. Sizes are the totals that nvidia-smi and rocm-smi show. */
export const GPUS: readonly Gpu[] = [
  gpu('rtx-3060', 'RTX 3060', 12, 12_288, 'consumer'),
  gpu('t4', 'T4', 16, 15_360, 'datacentre'),
  gpu('v100-16', 'V100 16 GB', 16, 16_384, 'datacentre'),
  gpu('rtx-4080', 'RTX 4080', 16, 16_376, 'consumer'),
  apple(16),
  gpu('l4', 'L4', 24, 23_034, 'datacentre'),
  gpu('a10g', 'A10G', 24, 23_028, 'datacentre'),
  gpu('rtx-3090', 'RTX 3090', 24, 24_576, 'consumer'),
  gpu('rtx-4090', 'RTX 4090', 24, 24_564, 'consumer'),
  gpu('v100-32', 'V100 32 GB', 32, 32_768, 'datacentre'),
  gpu('rtx-5090', 'RTX 5090', 32, 32_607, 'consumer'),
  apple(32),
  gpu('a100-40', 'A100 40 GB', 40, 40_960, 'datacentre'),
  gpu('l40s', 'L40S', 48, 46_068, 'datacentre'),
  gpu('a40', 'A40', 48, 46_068, 'datacentre'),
  gpu('rtx-a6000', 'RTX A6000', 48, 49_140, 'datacentre'),
  apple(64),
  gpu('a100-80', 'A100 80 GB', 80, 81_920, 'datacentre'),
  gpu('h100', 'H100 80 GB', 80, 81_559, 'datacentre'),
  apple(128),
  gpu('h200', 'H200', 141, 143_771, 'datacentre'),
  gpu('b200', 'B200', 180, 183_359, 'datacentre'),
  gpu('mi300x', 'MI300X', 192, 196_592, 'datacentre'),
];

/** Bytes of a GPU by its id, or of a size such as '24GB' or '24GiB'; `null` for any other text. A GB is 2^30 bytes. */
export function gpuBytes(text: string): number | null {
  const known = GPUS.find(({ id }) => id === text.trim().toLowerCase());
  if (known) return known.bytes;
  const size = /^\s*(\d{1,6}(?:\.\d{1,3})?)\s*(g|gb|gib)?\s*$/i.exec(text);
  const gigabytes = Number(size?.[1] ?? NaN);
  return gigabytes > 0 ? Math.floor(gigabytes * 2 ** 30) : null;
}
