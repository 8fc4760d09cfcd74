/** Checks rank and alpha: invalid values, unusual scalings, and ranks that servers cannot load. */

import { patternList } from '../../peftConfig/patternList';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import type { Fix } from '../../protocol/planner';
import type { Examined } from './examined';
import { local } from './examined';
import { attempt } from '../attempt';

/** The scaling alpha / r of published recipes, from 16/64 (QLoRA) to 32/8. */
const USUAL_SCALING = { least: 0.25, most: 4 } as const;

/** The values of vLLM's --max-lora-rank. A rank between two of them takes the memory of the larger one. */
const VLLM_MAX_LORA_RANKS = [8, 16, 32, 64, 128, 256, 320, 512] as const;
/** The rank that vLLM allows without the option. */
const VLLM_DEFAULT_RANK = 16;

/** Methods whose r may be 0 or null, because another setting then determines it. */
const RANK_MAY_BE_ZERO = new Set(['OFT', 'SUPERTUNING']);
/** AdaLoRA's initial rank is not r. */
const RANK_KEYS: Readonly<Record<string, string>> = { ADALORA: 'init_r' };
const ALPHA_KEYS: Readonly<Record<string, string>> = { LORA: 'lora_alpha', LOHA: 'alpha', LOKR: 'alpha' };

export function checkScale(x: Examined): void {
  const rank = checkRank(x);
  checkPatternRanks(x);
  if (rank !== null) checkAlpha(x, rank);
  if (x.type === 'LORA' && rank !== null) checkServed(x, rank);
  if (x.type === 'LORA' && rank !== null) checkWeights(x, rank);
}

/** The effective rank; `null` if the method has none or it is not valid. */
function checkRank(x: Examined): number | null {
  const key = RANK_KEYS[x.type] ?? 'r';
  const defaults = METHOD_KEYS[x.type];
  if (!defaults || !Object.hasOwn(defaults, key)) return null;
  const usual = defaults[key];
  const given = x.value(key);
  const rank = given ?? usual;
  if (Number.isInteger(rank) && (rank as number) > 0) return rank as number;
  if (RANK_MAY_BE_ZERO.has(x.type) && (rank === 0 || rank === null)) return null;
  const node = x.node(key);
  if (!node) return null;
  const fallback = typeof usual === 'number' && usual > 0 ? usual : 8;
  const text = '{0} is {1}; a rank must be a whole number of at least 1. PEFT refuses the config.';
  x.add('rank-invalid', 'error', node, local(text, `"${key}"`, JSON.stringify(given)?.slice(0, 40) ?? ''), [
    { title: local('Set {0} to {1}', key, fallback), edits: [x.set(key, fallback)] },
  ]);
  return null;
}

function checkPatternRanks(x: Examined): void {
  const pattern = x.type === 'ADALORA' ? null : attempt(() => x.settings.object('rank_pattern'));
  for (const [key, value] of Object.entries(pattern ?? {})) {
    const node = x.node('rank_pattern', key);
    if (!node || (Number.isInteger(value) && (value as number) > 0)) continue;
    const text = 'The rank of {0} is {1}; a rank must be a whole number of at least 1.';
    x.add(
      'rank-invalid',
      'error',
      node,
      local(text, `"${key.slice(0, 80)}"`, JSON.stringify(value)?.slice(0, 40) ?? ''),
    );
  }
}

function checkAlpha(x: Examined, rank: number): void {
  const key = Object.hasOwn(ALPHA_KEYS, x.type) ? ALPHA_KEYS[x.type] : undefined;
  const alpha = key === undefined ? null : (x.value(key) ?? METHOD_KEYS[x.type]?.[key]);
  if (key === undefined || typeof alpha !== 'number' || !Number.isFinite(alpha)) return;
  const node = x.node(key) ?? x.node('r') ?? x.keyNode('peft_type');
  const { least, most } = USUAL_SCALING;
  const plain = alpha / rank;
  const stabilised = alpha / Math.sqrt(rank);
  const usual = (scaling: number): boolean => scaling >= least && scaling <= most;
  if (x.type !== 'LORA' || x.value('use_rslora') !== true) {
    if (usual(plain)) return;
    const text = 'The scaling {0} / r is {1} / {2} = {3}; the usual range is {4} to {5}.';
    x.add(
      'alpha-ratio',
      'warning',
      node,
      local(text, key, alpha, rank, short(plain), least, most),
      alphaFixes(x, key, [2 * rank, rank]),
    );
    return;
  }
  // Both scalings agree at r = 1. An alpha of r or 2 r is typical for alpha / r.
  if (usual(plain) && stabilised >= most && rank > 1) {
    const keeps = Math.max(1, Math.round(plain * Math.sqrt(rank)));
    const text =
      'With use_rslora the scaling is lora_alpha / sqrt(r) = {0} / sqrt({1}) = {2}; ' +
      'this alpha seems to be chosen for lora_alpha / r, which gives {3}.';
    x.add('rslora-alpha', 'warning', node, local(text, alpha, rank, short(stabilised), short(plain)), [
      ...alphaFixes(x, key, [keeps]),
      { title: local('Turn use_rslora off'), edits: [x.set('use_rslora', false)] },
    ]);
  } else if (!usual(stabilised)) {
    const text = 'The scaling lora_alpha / sqrt(r) is {0} / sqrt({1}) = {2}; the usual range is {3} to {4}.';
    const fits = Math.max(1, Math.round(Math.sqrt(rank)));
    x.add(
      'alpha-ratio',
      'warning',
      node,
      local(text, alpha, rank, short(stabilised), least, most),
      alphaFixes(x, key, [fits, 2 * fits]),
    );
  }
}

function alphaFixes(x: Examined, key: string, alphas: readonly number[]): Fix[] {
  return alphas.map((alpha) => ({ title: local('Set {0} to {1}', key, alpha), edits: [x.set(key, alpha)] }));
}

/** Checks the largest rank of any module, because a server reserves memory for that. */
function checkServed(x: Examined, rank: number): void {
  const patterned = Object.values(attempt(() => x.settings.object('rank_pattern')) ?? {});
  const ranks = patterned.filter((each): each is number => typeof each === 'number');
  const largest = ranks.reduce((most, each) => Math.max(most, each), rank);
  const node = x.node(ranks.includes(largest) && largest > rank ? 'rank_pattern' : 'r');
  if (!node) return;
  const room = VLLM_MAX_LORA_RANKS.find((each) => each >= largest);
  const list = VLLM_MAX_LORA_RANKS.join(', ');
  const most = VLLM_MAX_LORA_RANKS[VLLM_MAX_LORA_RANKS.length - 1] ?? 0;
  if (room === undefined) {
    const text = 'No vLLM server loads rank {0}: --max-lora-rank must be one of {1}.';
    const fixes = largest === rank ? [{ title: local('Set {0} to {1}', 'r', most), edits: [x.set('r', most)] }] : [];
    x.add('rank-not-served', 'warning', node, local(text, largest, list), fixes);
  } else if (room !== largest && largest > (VLLM_MAX_LORA_RANKS[0] ?? 0)) {
    const text =
      'vLLM has no setting for rank {0}: it needs --max-lora-rank {1}, the next of {2}, ' +
      'and leaves the extra memory unused (the default is {3}).';
    const fixes = largest === rank ? [{ title: local('Set {0} to {1}', 'r', room), edits: [x.set('r', room)] }] : [];
    x.add('rank-not-served', 'information', node, local(text, largest, room, list, VLLM_DEFAULT_RANK), fixes);
  }
}

function checkWeights(x: Examined, rank: number): void {
  // A factor of a fused parameter holds the rank once per expert.
  if (!x.weights || x.value('target_parameters') !== null || x.value('use_bdlora') !== null) return;
  const pattern = attempt(() => {
    const entries = Object.entries(x.settings.object('rank_pattern') ?? {});
    return patternList(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  });
  if (!pattern) return;
  const pairs = x.weights.lora.filter(({ unavailable, a }) => unavailable === undefined && a !== '');
  const differing = pairs.filter((pair) => pair.rank !== (pattern.valueFor(pair.module) ?? rank));
  const node = x.node('r') ?? x.keyNode('r');
  const [first] = differing;
  if (!first) return;
  const stored = [...new Set(differing.map((pair) => pair.rank))].sort((a, b) => a - b);
  const text =
    'adapter_model.safetensors in the same folder holds rank {0} in {1} of {2} modules (first in {3}): ' +
    'these weights do not load with this config.';
  const fixes =
    stored.length === 1 && differing.length === pairs.length
      ? [{ title: local('Set {0} to {1}', 'r', stored[0] ?? 0), edits: [x.set('r', stored[0])] }]
      : [];
  x.add(
    'rank-differs-from-weights',
    'warning',
    node,
    local(text, stored.join(', '), differing.length, pairs.length, first.module.slice(0, 80)),
    fixes,
  );
}

function short(value: number): number {
  return Number(value.toPrecision(3));
}
