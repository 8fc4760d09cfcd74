/**
 * LoRA (Hu et al. 2021) and its variants, and AdaLoRA (Zhang et al. 2023): rank * (in + out) for each module.
 *
 * DoRA adds a magnitude for each output, KaSA adds a diagonal, MiCA freezes B, and BD-LoRA makes one factor
 * block-diagonal.
 */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import { blockDiagonalFactor } from '../../peftConfig/blockDiagonal';
import { isObject } from '../../peftConfig/configValues';
import { BudgetError, ConfigError } from '../../peftConfig/errors';
import { NeedsWeightsError } from '../errors';
import type { Module } from '../moduleTable';
import type { ModuleKind } from '../rows';
import type { KeepRule } from './kept';
import type { Method, Part } from './method';
import { frozen, LINEAR_AND_CONV1D, trained, trainedInHalf, unsaved } from './method';

/** A module can have at most one of these variants. Modules that are not linear can have only some of them. */
const VARIANTS = [
  'use_dora',
  'arrow_config',
  'use_bdlora',
  'kasa_config',
  'velora_config',
  'monteclora_config',
  'alora_invocation_tokens',
];
const VARIANTS_OF: Partial<Record<ModuleKind, readonly string[]>> = {
  embedding: ['use_dora', 'mica'],
  conv: ['use_dora'],
};

const INITIALIZATIONS = /^(gaussian|eva|olora|pissa|pissa_niter_\d+|corda|loftq|orthogonal|mica|lora_ga)$/i;
/** Initialisations from a decomposition of the weight. Their rank is at most the weight's smaller side. */
const FROM_WEIGHT = /^(pissa|olora)/i;

/** The variant that a config selects. Throws `BudgetError` for a combination, or for one that the kind cannot have. */
function variantOf({ name, kind }: Pick<Module, 'name' | 'kind'>, settings: AdapterSettings): string | null {
  const init = settings.text('init_lora_weights');
  if (init !== null && !INITIALIZATIONS.test(init))
    throw new ConfigError('init_lora_weights', init, 'the name of an initialisation');
  const variants = VARIANTS.filter((key) => settings.present(key));
  if (init === 'mica') variants.push('mica');
  if (variants.length > 1) throw new BudgetError(`${variants.join(' and ')} cannot be combined`);
  const variant = variants[0] ?? null;
  const possible = VARIANTS_OF[kind];
  if (variant !== null && possible && !possible.includes(variant))
    throw new BudgetError(`'${name}' is a ${kind} module, which cannot have ${variant}`);
  return variant;
}

export function loraRank({ name }: Module, settings: AdapterSettings): number {
  const rank = settings.pattern('rank_pattern').valueFor(name) ?? settings.count('r');
  if (!Number.isInteger(rank)) throw new ConfigError('rank_pattern', rank, 'whole numbers');
  return rank;
}

function parts(module: Module, settings: AdapterSettings): Part[] {
  const { kind, inFeatures: i, outFeatures: o, kernel } = module;
  const variant = variantOf(module, settings);
  const fromWeight = kind !== 'embedding' && FROM_WEIGHT.test(settings.text('init_lora_weights') ?? '');
  const rank = loraRank(module, settings);
  const r = fromWeight ? Math.min(rank, i, o) : rank;
  const dora = settings.flag('use_dora');
  const loraBias = settings.flag('lora_bias');
  if (settings.text('init_lora_weights') === 'orthogonal' && r % 2 === 1)
    throw new ConfigError('r', r, 'an even rank for an orthogonal initialisation');
  if (dora && loraBias) throw new BudgetError('use_dora cannot be combined with lora_bias');
  if (kind === 'embedding') {
    if (loraBias) throw new BudgetError(`'${module.name}' is an embedding, which cannot have lora_bias`);
    return [
      // An embedding's factors are parameters of the layer, not modules: their names have no '.weight'.
      trained('lora_embedding_A', r, i),
      variant === 'mica' ? frozen('lora_embedding_B', o, r) : trained('lora_embedding_B', o, r),
      ...(dora ? [trained('lora_magnitude_vector', o)] : []),
    ];
  }
  if (kind === 'conv') {
    const ones = (kernel ?? []).map(() => 1);
    const { groups = 1 } = module;
    if (r % groups !== 0) throw new BudgetError(`'${module.name}': rank ${r} is not divisible by its ${groups} groups`);
    return [
      trained('lora_A.weight', r, i, ...(kernel ?? [])),
      trained('lora_B.weight', o, r / groups, ...ones),
      ...(loraBias ? [trained('lora_B.bias', o)] : []),
      ...(dora ? [trained('lora_magnitude_vector', 1, o, ...ones)] : []),
    ];
  }
  if (kind === 'multihead') {
    if (dora) throw new BudgetError(`'${module.name}' is a MultiheadAttention, which cannot have DoRA`);
    // The output projection always gets its own factors, below the wrapped module.
    return [
      trained('base_layer.out_proj.lora_A.weight', r, i),
      trained('base_layer.out_proj.lora_B.weight', i, r),
      trained('lora_A.weight', r, i),
      trained('lora_B.weight', o, r),
    ];
  }
  if (settings.present('kasa_config') && r >= Math.min(i, o))
    throw new BudgetError(`'${module.name}': KaSA needs a rank below its smaller side, ${Math.min(i, o)}`);
  const blocks = blockDiagonal(module, r, settings);
  const b = trained('lora_B.weight', o, r / blocks.b);
  return [
    trained('lora_A.weight', r, i / blocks.a),
    variant === 'mica' ? { ...b, role: 'frozen' } : b,
    ...(loraBias ? [trained('lora_B.bias', o)] : []),
    ...(dora ? [trained('lora_magnitude_vector', o)] : []),
    ...(settings.present('kasa_config') ? [trained('lora_diag', r)] : []),
  ];
}

/** Number of diagonal blocks in each factor; 1 for a dense factor. */
function blockDiagonal(
  { name, inFeatures, outFeatures }: Module,
  r: number,
  settings: AdapterSettings,
): { a: number; b: number } {
  const options = settings.raw('use_bdlora');
  if (!isObject(options)) return { a: 1, b: 1 };
  const found = blockDiagonalFactor(options, name);
  if (!found) {
    if (options['match_strict'] === false) return { a: 1, b: 1 };
    throw new BudgetError(`'${name}' is in neither list of use_bdlora, and match_strict requires one`);
  }
  const { side, count } = found;
  const sides = side === 'a' ? [inFeatures, r] : [r, outFeatures];
  if (sides.some((each) => each % count !== 0))
    throw new BudgetError(`'${name}': ${sides.join(' or ')} is not divisible by nblocks ${count}`);
  return side === 'a' ? { a: count, b: 1 } : { a: 1, b: count };
}

function warnings(settings: AdapterSettings): string[] {
  const messages: string[] = [];
  const init = settings.text('init_lora_weights') ?? '';
  if (init === 'eva')
    messages.push('EVA may redistribute the ranks according to its data; the count uses rank_pattern.');
  if (/^(pissa|olora|corda|lora_ga)/.test(init))
    messages.push(`${init} changes the base weights; the rank and the file double if it is saved as plain LoRA.`);
  if (settings.present('monteclora_config')) messages.push('MonteCLoRA adds parameters that are not counted.');
  return messages;
}

export const loraKeeps: KeepRule = (keep, { i, o, r, settings, module }) => {
  const dropout = settings.number('lora_dropout') > 0;
  if (module.kind === 'embedding') return keep.token(r);
  if (settings.present('velora_config')) return keep.token(r + velocityGroups(settings));
  if (dropout) {
    keep.token(i);
    keep.tokenBytes(i);
  } else keep.cast();
  // MiCA freezes B, so B's input is not needed.
  if (settings.text('init_lora_weights') !== 'mica') keep.token(r);
  if (settings.present('kasa_config')) keep.token(r);
  if (!settings.flag('use_dora')) return;
  keep.token(o);
  keep.weight(3 * o);
  if (dropout) {
    // The base layer runs again on the output of dropout, with a copy of its weight in the adapter's type.
    keep.token(o);
    keep.weight(o * i);
  } else keep.output();
};

/** VeLoRA keeps one projection for each group of features instead of the input. */
function velocityGroups(settings: AdapterSettings): number {
  const groups = settings.object('velora_config')?.['num_groups'];
  return typeof groups === 'number' && groups >= 1 ? groups : 64;
}

export const LORA: Method = {
  accepts: ['linear', 'conv1d', 'embedding', 'conv', 'multihead'],
  adaptsParameters: true,
  keeps: loraKeeps,
  // DoRA passes the identity through A and B, and adds the product to the weight.
  buffers: ({ i, o, settings }) => (settings.flag('use_dora') ? i * i + 2 * i * o : 0),
  parts,
  rank: loraRank,
  warnings,
};

/** The `rank_pattern` of a trained AdaLoRA lists which of the initial ranks were kept. */
function keptRanks(module: Module, settings: AdapterSettings): number | null {
  const pattern = settings.object('rank_pattern');
  if (!pattern) return null;
  const kept = pattern[`${module.name}.lora_E`] ?? pattern[`base_model.model.${module.name}.lora_E`];
  if (!Array.isArray(kept)) return null;
  return kept.filter(Boolean).length;
}

const initialRank = (settings: AdapterSettings): number => settings.count('init_r');

export const ADALORA: Method = {
  accepts: LINEAR_AND_CONV1D,
  mapping: 'ADALORA',
  rankKey: 'init_r',
  keeps: (keep, { i, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * i);
  },
  rank: (_, settings) => initialRank(settings),
  parts: (module, settings) => {
    const { inFeatures: i, outFeatures: o } = module;
    const r = initialRank(settings);
    const inFile = keptRanks(module, settings) ?? r;
    const pair = (name: string, shape: (rank: number) => number[]): Part[] =>
      inFile === r
        ? [trained(name, ...shape(r))]
        : [unsaved(trained(name, ...shape(r))), { ...trained(name, ...shape(inFile)), role: 'buffer' }];
    return [
      ...pair('lora_A', (rank) => [rank, i]),
      ...pair('lora_B', (rank) => [o, rank]),
      ...pair('lora_E', (rank) => [rank, 1]),
      unsaved(trainedInHalf(frozen('ranknum'))),
    ];
  },
};

export function dataDependent(method: string, reason: string): Method {
  const refuse = (): never => {
    throw new NeedsWeightsError(`${method}: ${reason}`);
  };
  return { accepts: LINEAR_AND_CONV1D, parts: refuse, uncountable: refuse };
}
