/** "Did you mean": finds the names nearest to one that does not exist. */

import { currentMatching } from '../../peftConfig/matching';

/** More suggestions do not help. */
const MAX_SUGGESTIONS = 3;
/** Only the start of a longer name is compared. */
const MAX_COMPARED = 64;

/** Names of the same module in different architectures, so that one of them leads to another. */
const SAME_PART: readonly (readonly string[])[] = [
  [
    'q_proj',
    'query',
    'q',
    'q_lin',
    'query_proj',
    'to_q',
    'wq',
    'query_key_value',
    'c_attn',
    'qkv_proj',
    'Wqkv',
    'qkv',
    'in_proj',
    'in_proj_qkv',
    'attn_qkv',
  ],
  [
    'k_proj',
    'key',
    'k',
    'k_lin',
    'key_proj',
    'to_k',
    'wk',
    'query_key_value',
    'c_attn',
    'qkv_proj',
    'Wqkv',
    'qkv',
    'in_proj',
  ],
  [
    'v_proj',
    'value',
    'v',
    'v_lin',
    'value_proj',
    'to_v',
    'wv',
    'query_key_value',
    'c_attn',
    'qkv_proj',
    'Wqkv',
    'qkv',
    'in_proj',
  ],
  ['query_key_value', 'c_attn', 'qkv_proj', 'Wqkv', 'qkv', 'W_pack', 'wqkv', 'q_proj', 'query', 'q'],
  ['o_proj', 'out_proj', 'o', 'out_lin', 'dense', 'to_out', 'wo', 'c_proj', 'attention.dense', 'attn.c_proj'],
  [
    'up_proj',
    'fc1',
    'fc_in',
    'c_fc',
    'dense_h_to_4h',
    'wi_1',
    'wi',
    'w3',
    'lin1',
    'gate_up_proj',
    'intermediate.dense',
  ],
  ['gate_proj', 'wi_0', 'w1', 'gate_up_proj', 'dense_h_to_4h', 'c_fc', 'fc1'],
  ['down_proj', 'fc2', 'fc_out', 'mlp.c_proj', 'c_proj', 'dense_4h_to_h', 'wo', 'w2', 'lin2', 'output.dense'],
  ['lm_head', 'embed_out', 'proj_out', 'output'],
  ['embed_tokens', 'wte', 'embed_in', 'word_embeddings', 'shared', 'tok_embeddings'],
  ['classifier', 'score', 'qa_outputs'],
];

/**
 * The nearest `candidates`, the likeliest first. They are remembered by `scope`, which names the candidates: a config
 * may have a hundred names to suggest something for.
 */
export function nearest(scope: string, name: string, candidates: () => Iterable<string>): readonly string[] {
  const matching = currentMatching();
  return matching.once(matching.results(`nearest ${scope}`), name, () => nearestOf(name, candidates()));
}

function nearestOf(name: string, candidates: Iterable<string>): readonly string[] {
  const last = (text: string): string => text.slice(text.lastIndexOf('.') + 1);
  const wanted = name.includes('.') ? [name, last(name)] : [name];
  const ranked: [score: number, name: string][] = [];
  for (const candidate of new Set(candidates)) {
    const score = wanted.reduce((least, each) => Math.min(least, distance(each, candidate)), Infinity);
    if (score < Infinity) ranked.push([score, candidate]);
  }
  return ranked
    .sort(([a, x], [b, y]) => a - b || x.length - y.length)
    .slice(0, MAX_SUGGESTIONS)
    .map(([, candidate]) => candidate);
}

/** 0 for a difference in case only, then the number of typing errors, then the same part of another architecture. */
function distance(name: string, candidate: string): number {
  const [a, b] = [name.slice(0, MAX_COMPARED).toLowerCase(), candidate.slice(0, MAX_COMPARED).toLowerCase()];
  if (a === b) return 0;
  const bare = (text: string): string => text.replace(/[._-]/g, '');
  if (bare(a) === bare(b)) return 0.5;
  const slips = editDistance(a, b);
  const most = Math.max(1, Math.floor(Math.min(a.length, b.length) / 3));
  if (slips <= most && Math.min(a.length, b.length) > 2) return slips;
  const part = SAME_PART.findIndex((names) => names[0] === name);
  const group =
    part >= 0 ? SAME_PART[part] : SAME_PART.find((names) => names.includes(name) && names.includes(candidate));
  const place = group?.indexOf(candidate) ?? -1;
  return place >= 0 ? most + 1 + place / 100 : Infinity;
}

/** Insertions, deletions, substitutions, and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** Suffixes of names that target_modules could hold: the last segment, and the last two. */
export function suffixesOf(names: Iterable<string>): Set<string> {
  const suffixes = new Set<string>();
  for (const name of names) {
    const segments = name.split('.');
    suffixes.add(segments.slice(-1).join('.'));
    const two = segments.slice(-2);
    // A layer index would restrict the suffix to one layer.
    if (two.length === 2 && !/^\d+$/.test(two[0] ?? '')) suffixes.add(two.join('.'));
  }
  return suffixes;
}
