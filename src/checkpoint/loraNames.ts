/**
 * How the tensors of a LoRA module are called, by the library that wrote them. One row a style: to read another
 * library's files is to add a row.
 */

export type LoraRole = 'a' | 'b' | 'alpha' | 'magnitude' | 'inner';

export type LoraStyle = 'peft' | 'peft-embedding' | 'kohya' | 'diffusers' | 'mlx';

export interface LoraName {
  readonly style: LoraStyle;
  readonly role: LoraRole;
  /** Path of the adapted module in the base model. */
  readonly module: string;
}

interface Rule {
  readonly style: LoraStyle;
  /** Anchored at the end; group 1 says which tensor of the module it is. */
  readonly pattern: RegExp;
  readonly roles: Readonly<Record<string, LoraRole>>;
  /** Kept as part of the module's name: XLabs numbers several pairs of one module, 'qkv_lora1' and 'qkv_lora2'. */
  readonly keeps?: RegExp;
}

/**
 * `.default` (or another adapter's name) before `.weight` is what some trainers leave of PEFT's in-memory names;
 * without `.weight` the names are AdaLoRA's and loralib's. `inner` is what stands between B and A: AdaLoRA's singular
 * values and KaSA's diagonal.
 */
const RULES: readonly Rule[] = [
  {
    style: 'peft',
    pattern: /\.lora_(A|B|E|diag|magnitude_vector)(?:\.[^.]{1,64})?(?:\.weight)?$/,
    roles: { A: 'a', B: 'b', E: 'inner', diag: 'inner', magnitude_vector: 'magnitude' },
  },
  { style: 'peft-embedding', pattern: /\.lora_embedding_(A|B)(?:\.[^.]{1,64})?$/, roles: { A: 'a', B: 'b' } },
  { style: 'kohya', pattern: /\.(lora_down|lora_up)\.weight$/, roles: { lora_down: 'a', lora_up: 'b' } },
  { style: 'kohya', pattern: /\.(alpha|dora_scale)$/, roles: { alpha: 'alpha', dora_scale: 'magnitude' } },
  {
    style: 'diffusers',
    pattern: /(?:[._]lora\d{0,3}|\.lora_linear_layer)\.(down|up)\.weight$/,
    roles: { down: 'a', up: 'b' },
    keeps: /^_lora\d+/,
  },
  { style: 'mlx', pattern: /\.lora_(a|b)$/, roles: { a: 'a', b: 'b' } },
];

/** Every PEFT name begins with it; transformers' own saving leaves it out. */
const PEFT_PREFIX = 'base_model.model.';

/** What the name says, or null for a tensor that is none of LoRA's. */
export function readLoraName(name: string): LoraName | null {
  for (const { style, pattern, roles, keeps } of RULES) {
    const found = pattern.exec(name);
    if (!found || name.endsWith('.bias')) continue;
    const kept = keeps?.exec(found[0])?.[0] ?? '';
    const path = name.slice(0, found.index) + kept;
    const module = path.startsWith(PEFT_PREFIX) ? path.slice(PEFT_PREFIX.length) : path;
    return { style, role: roles[found[1]!]!, module };
  }
  return null;
}
