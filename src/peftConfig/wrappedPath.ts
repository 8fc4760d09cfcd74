/**
 * Paths of modules as the names of tensors have them. PEFT wraps modules in others, and the adapters' reader appends
 * the adapter's name and the expert's number. Every function takes time proportional to the path, because paths are
 * untrusted.
 */

const BASE_LAYER = '.base_layer';
const OUT_PROJECTION = '.out_proj';

/** 'mlp.experts.base_layer.base_layer' is 'mlp.experts' at depth 2. */
export function unwrapped(path: string): { readonly path: string; readonly depth: number } {
  let end = path.length;
  let depth = 0;
  for (; path.endsWith(BASE_LAYER, end) && end > BASE_LAYER.length; depth++) end -= BASE_LAYER.length;
  return { path: path.slice(0, end), depth };
}

/** The path without a final ' (adapter)' and '[expert]'. */
export function withoutSuffixes(module: string): string {
  const open = module.endsWith(')') ? module.lastIndexOf(' (') : -1;
  const path = open < 0 ? module : module.slice(0, open);
  const bracket = path.endsWith(']') ? path.lastIndexOf('[') : -1;
  return bracket >= 0 && /^\d+$/.test(path.slice(bracket + 1, -1)) ? path.slice(0, bracket) : path;
}

/** The name that PEFT matches the keys of rank_pattern and alpha_pattern against. */
export function patternName(module: string): string {
  const path = withoutSuffixes(module);
  // PEFT adapts the output projection of an nn.MultiheadAttention as part of the module, not on its own.
  if (path.endsWith(BASE_LAYER + OUT_PROJECTION)) return unwrapped(path.slice(0, -OUT_PROJECTION.length)).path;
  return unwrapped(path).path;
}
