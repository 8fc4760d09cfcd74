/** PEFT's rule for the scaling of a module's product: alpha over the rank, each by pattern. */

import type { AdapterConfig } from './adapterConfig';
import { finite, positiveInteger } from './adapterConfig';
import type { Problem } from './problem';
import { quoted } from './quoted';
import { ADALORA_INITIAL_RANK, LOHA_ALPHA, LOKR_ALPHA } from './scalingDefaults';
import { patternName } from './wrappedPath';

/** Defaults of the methods whose alpha is called `alpha`; the others call it `lora_alpha`. */
const PLAIN_ALPHA: ReadonlyMap<string, number> = new Map([
  ['LOHA', LOHA_ALPHA],
  ['LOKR', LOKR_ALPHA],
]);
/** PEFT's AdaLoRA adds this to the rank, so that a module pruned to rank 0 does not divide by zero. */
const ADALORA_EPSILON = 1e-5;
/** Methods whose product has no further factor. */
export const UNSCALED: ReadonlySet<string> = new Set(['VERA', 'PVERA', 'DELORA', 'HIRA']);

export interface Scaling {
  readonly alpha: number | null;
  readonly scaling: number;
  /** The derivation as users see it: 'alpha / r = 16 / 8'. */
  readonly scalingSource: string;
}

/** The rank of one module according to r and rank_pattern. */
export function configuredRank(module: string, { rank, rankPattern }: AdapterConfig): number {
  const path = patternName(module);
  return rankPattern.find(({ matches }) => matches(path))?.value ?? rank;
}

/** Facts from the tensors of a module that its config must agree with. */
interface ScaledModule {
  readonly module: string;
  readonly method: string;
  /** `null` if the tensors show no rank. */
  readonly tensorRank: number | null;
  /** True if a third factor stands between A and B; its size differs from the config's rank. */
  readonly hasInner: boolean;
}

export function peftScaling(
  { module, method, tensorRank, hasInner }: ScaledModule,
  config: AdapterConfig,
  problems: Problem[],
): Scaling {
  const path = patternName(module);
  const rankPattern = config.rankPattern.find(({ matches }) => matches(path));
  const alphaPattern = config.alphaPattern.find(({ matches }) => matches(path));
  const configured = rankPattern?.value ?? config.rank;
  const plain = PLAIN_ALPHA.get(method);
  const usual = plain === undefined ? config.alpha : (finite(config.get('alpha')) ?? plain);
  const alpha = alphaPattern?.value ?? usual;
  const rank = tensorRank ?? configured;
  if (configured !== rank && rank > 0 && !hasInner) {
    const source = rankPattern ? `rank_pattern ${quoted(rankPattern.key)}` : 'r';
    const defaulted = !rankPattern && config.defaulted.has('r');
    const said = defaulted
      ? `PEFT's default is ${configured} ('r' is missing)`
      : `adapter_config.json says ${configured} (${source})`;
    const message = `${quoted(module)}: the tensors have rank ${rank}, ${said}; ${rank} is used`;
    problems.push({ severity: 'warning', code: 'config_mismatch', message, subject: module });
  }
  const notes: string[] = [];
  if (rankPattern) notes.push(`rank_pattern ${quoted(rankPattern.key)}`);
  if (alphaPattern) notes.push(`alpha_pattern ${quoted(alphaPattern.key)}`);
  else if (plain === undefined && config.defaulted.has('lora_alpha'))
    notes.push("lora_alpha is missing: PEFT's default");
  const suffix = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  if (config.useRslora) {
    const scalingSource = `alpha / sqrt(r) = ${alpha} / sqrt(${rank})${suffix}`;
    return { alpha, scaling: alpha / Math.sqrt(rank), scalingSource };
  }
  return { alpha, scaling: alpha / rank, scalingSource: `alpha / r = ${alpha} / ${rank}${suffix}` };
}

/** Alpha over the rank before pruning, which is what `ranknum` holds after loading. */
export function adaLoraScaling(config: AdapterConfig): Scaling {
  const initRank = positiveInteger(config.get('init_r')) ?? ADALORA_INITIAL_RANK;
  const alpha = config.alpha > 0 ? config.alpha : initRank;
  const scalingSource = `alpha / init_r = ${alpha} / ${initRank}`;
  return { alpha, scaling: alpha / (initRank + ADALORA_EPSILON), scalingSource };
}
