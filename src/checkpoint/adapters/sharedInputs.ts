/**
 * Decides whether modules that share one A, as in VeRA, all have inputs of the same width. A is as wide as the widest
 * input and each module uses its first columns, but no tensor in the file gives their number. Modules of the same name
 * are alike in all layers, and all projections that read the hidden states have the same input width.
 */

/** Names of modules that read the hidden states, in the models that adapters are made for. */
const READERS: ReadonlySet<string> = new Set([
  ...['q_proj', 'k_proj', 'v_proj', 'qkv_proj', 'query_key_value', 'c_attn', 'Wqkv', 'in_proj'],
  ...['query', 'key', 'value', 'query_proj', 'key_proj', 'value_proj', 'to_q', 'to_k', 'to_v', 'q', 'k', 'v'],
  ...[
    'gate_proj',
    'up_proj',
    'gate_up_proj',
    'fc1',
    'fc_in',
    'c_fc',
    'dense_h_to_4h',
    'w1',
    'w3',
    'wi',
    'wi_0',
    'wi_1',
  ],
]);

export function inputsAreAlike(modules: readonly string[]): boolean {
  const names = new Set(modules.map((module) => module.slice(module.lastIndexOf('.') + 1)));
  return names.size === 1 || [...names].every((name) => READERS.has(name));
}
