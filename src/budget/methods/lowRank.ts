/** Relatives of LoRA with two factors or another block structure for each module. */

import { BudgetError, ConfigError } from '../../peftConfig/errors';
import { weightAndGradient, wholeWeights } from './kept';
import { loraKeeps, loraRank } from './lora';
import type { Method, Part } from './method';
import { asBase, LINEAR, LINEAR_AND_CONV1D, uniformRank, stored, storedAs, trained } from './method';

/** MiSS (Kang & Yin 2024): one block of rows that all inputs share. */
export const MISS: Method = {
  accepts: LINEAR,
  keeps: (keep, adapted) => {
    const { o, r, settings } = adapted;
    const kind = settings.raw('init_weights');
    if (kind === 'bat') return wholeWeights(2)(keep, adapted);
    keep.token(r);
    if (kind === 'mini') keep.weight(r * o);
  },
  buffers: (adapted) => (adapted.settings.raw('init_weights') === 'bat' ? weightAndGradient(adapted) : 0),
  rank: uniformRank,
  parts: ({ name, inFeatures, outFeatures }, settings) => {
    const r = settings.count('r');
    if (r > inFeatures) throw new BudgetError(`'${name}': r ${r} exceeds its ${inFeatures} inputs`);
    const init = settings.raw('init_weights');
    if (init === 'bat') {
      if (inFeatures % r !== 0 || outFeatures % r !== 0)
        throw new BudgetError(
          `'${name}': a weight of ${outFeatures} x ${inFeatures} cannot be divided into blocks of ${r}`,
        );
      return [trained('miss_block', outFeatures / r, r, r)];
    }
    if (init !== 'mini') return [trained('miss_block', r, outFeatures)];
    const mini = settings.count('mini_r');
    if (outFeatures % mini !== 0)
      throw new BudgetError(`'${name}': ${outFeatures} outputs are not divisible by mini_r ${mini}`);
    return [trained('miss_block', r, mini)];
  },
};

/** Bone, the predecessor of MiSS. PEFT no longer loads it, but files of it exist. */
export const BONE: Method = {
  accepts: LINEAR,
  rank: uniformRank,
  parts: (module, settings, all) => MISS.parts(module, settings, all).map((part) => ({ ...part, name: 'bone_block' })),
  warnings: () => ['PEFT 0.21 has replaced BONE with MISS; the count is that of the old method.'],
};

/** HiRA (Huang et al. 2025): the elementwise product of the weight and a low-rank matrix. */
export const HIRA: Method = {
  accepts: ['linear', 'conv1d', 'embedding', 'conv'],
  keeps: wholeWeights(1),
  buffers: weightAndGradient,
  rank: uniformRank,
  parts: (module, settings) => {
    const { kind, inFeatures: i, outFeatures: o, kernel = [] } = module;
    const r = settings.count('r');
    if (kind === 'embedding') return [trained('hira_embedding_A', r, i), trained('hira_embedding_B', o, r)];
    if (kind === 'conv') return [trained('hira_A', r, i, ...kernel), trained('hira_B', o, r, ...kernel.map(() => 1))];
    return [trained('hira_A', r, i), trained('hira_B', o, r)];
  },
  warnings: (settings) =>
    settings.present('rank_pattern') ? ['PEFT 0.21 ignores rank_pattern: every HiRA has rank r.'] : [],
};

/** DeLoRA (Bini et al. 2025): normalised factors and one trained bound per module. */
export const DELORA: Method = {
  accepts: LINEAR,
  keeps: (keep, { i, r }) => keep.token(i + 2 * r),
  rank: loraRank,
  parts: (module, settings) => {
    const { inFeatures: i, outFeatures: o } = module;
    const r = loraRank(module, settings);
    return [
      trained('delora_A', r, i),
      trained('delora_B', o, r),
      trained('delora_lambda', 1),
      stored('delora_w_norm', i),
    ];
  },
};

/** GraLoRA (Jung et al. 2025): a grid of small LoRAs, and a plain one of rank `hybrid_r`. */
export const GRALORA: Method = {
  accepts: LINEAR_AND_CONV1D,
  keeps: (keep, adapted) => {
    const { r, settings } = adapted;
    keep.cast();
    keep.token(r * settings.count('gralora_k'));
    const hybrid = settings.size('hybrid_r');
    // The plain LoRA casts the input separately.
    if (hybrid > 0) loraKeeps(keep, { ...adapted, r: hybrid, i: 0, o: 0 });
  },
  rank: uniformRank,
  parts: ({ name, inFeatures: i, outFeatures: o }, settings) => {
    const r = settings.count('r');
    const k = settings.count('gralora_k');
    const hybrid = settings.size('hybrid_r');
    for (const size of [i, o]) {
      if (size % k !== 0) throw new BudgetError(`'${name}': ${size} features are not divisible by gralora_k ${k}`);
    }
    if (r % k !== 0) throw new ConfigError('r', r, `a multiple of gralora_k ${k}`);
    return [
      trained('gralora_A', k, i / k, r),
      trained('gralora_B', k, r, o / k),
      ...(hybrid > 0
        ? [trained('gralora_A_general.weight', hybrid, i), trained('gralora_B_general.weight', o, hybrid)]
        : []),
    ];
  },
};

/** C3A (Chen et al. 2024): block-circulant weights. One row determines each block. */
export const C3A: Method = {
  accepts: LINEAR,
  mapping: 'FOURIERFT',
  keeps: (keep) => keep.cast(),
  parts: ({ name, inFeatures: i, outFeatures: o }, settings) => {
    const block = settings.dottedPattern('block_size_pattern').valueFor(name) ?? settings.count('block_size');
    for (const size of [i, o]) {
      if (size % block !== 0)
        throw new BudgetError(`'${name}': ${size} features are not divisible by block_size ${block}`);
    }
    return [trained('c3a_kernel', o / block, i / block, block)];
  },
};

/** SHiRA (Bhardwaj et al. 2024): individual weights by their indices, as many as a LoRA of the same rank has values. */
export const SHIRA: Method = {
  accepts: LINEAR,
  mapping: 'SHIRA',
  keeps: (keep, { i, o }) => {
    keep.input();
    keep.baseWeight(o * i);
  },
  buffers: weightAndGradient,
  rank: uniformRank,
  parts: ({ name, inFeatures, outFeatures }, settings) => {
    const values = settings.count('r') * (inFeatures + outFeatures);
    if (values > inFeatures * outFeatures)
      throw new BudgetError(
        `'${name}': ${values} trained weights exceed the ${inFeatures * outFeatures} of the module`,
      );
    return [trained('shira_weight', values), storedAs('I32', 'shira_indices', 2, values)];
  },
};

/** Super-tuning: the most important weights, and a LoRA if `r` is set. */
export const SUPERTUNING: Method = {
  accepts: LINEAR,
  keeps: (keep, { i, o, trainable }) => {
    keep.input();
    keep.baseWeight(o * i);
    keep.weight(2 * trainable);
  },
  buffers: weightAndGradient,
  parts: ({ name, inFeatures: i, outFeatures: o }, settings) => {
    const values = Math.trunc(i * o * (1 - settings.number('sparsity')));
    const r = settings.size('r');
    if (values < 1) throw new BudgetError(`'${name}': the sparsity leaves none of its ${i * o} weights`);
    return [
      trained('supertuning_values', values),
      ...(settings.flag('save_precomputed_indices') ? [storedAs('I32', 'supertuning_indices', values)] : []),
      ...(r > 0 ? [trained('supertuning_lora_A.weight', r, i), trained('supertuning_lora_B.weight', o, r)] : []),
    ];
  },
};

/** Poly (Ponti et al. 2023): an inventory of LoRAs on splits of the features, and a router for each module. */
export const POLY: Method = {
  accepts: LINEAR,
  keeps: (keep, { i, o, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * (i + o));
  },
  rank: uniformRank,
  parts: ({ inFeatures: i, outFeatures: o }, settings) => {
    const r = settings.count('r');
    const skills = settings.count('n_skills');
    const splits = settings.count('n_splits');
    const tasks = settings.count('n_tasks');
    return [
      trained('poly_lora_A', splits, skills, Math.floor(i / splits), r),
      trained('poly_lora_B', splits, skills, r, Math.floor(o / splits)),
      trained('poly_router.module_logits', tasks, splits * skills),
    ];
  },
};

/** DEFT: a projection that removes a subspace of the weight and, unless `para` is set, a replacement for it. */
export const DEFT: Method = {
  accepts: LINEAR_AND_CONV1D,
  keeps: (keep, { o, r, settings }) => {
    keep.token(o);
    if (settings.flag('para')) return keep.token(r);
    keep.cast();
    keep.token(2 * r);
  },
  rank: uniformRank,
  parts: ({ inFeatures: i, outFeatures: o }, settings) => {
    const r = Math.min(settings.count('r'), o);
    return [trained('deft_P', o, r), ...(settings.flag('para') ? [] : [trained('deft_R', r, i)])];
  },
};

/** GLoRA (Chavan et al. 2023): five paths, three of them only for modules with a bias. */
export const GLORA: Method = {
  accepts: LINEAR,
  keeps: (keep, { i, o }) => {
    keep.input();
    keep.baseWeight(o * i);
  },
  buffers: weightAndGradient,
  rank: uniformRank,
  parts: ({ inFeatures: i, outFeatures: o, bias }, settings) => {
    const r = settings.count('r');
    const ab = settings.word('config_A_B');
    const c = bias ? settings.word('config_C') : 'none';
    const de = bias ? settings.word('config_D_E') : 'none';
    return [
      ...['glora_A', 'glora_B'].flatMap((name) =>
        gloraPath(name, ab, { out: [o, i], r, column: [o, 1], empty: [o, i] }),
      ),
      ...gloraPath('glora_C', c, { out: [i, 1], r, column: [i, 1], empty: [i, 1] }),
      ...['glora_D', 'glora_E'].flatMap((name) => gloraPath(name, de, { out: [o, 1], r, column: [o], empty: [o] })),
    ];
  },
};

interface GloraShapes {
  readonly out: readonly [number, number];
  readonly r: number;
  readonly column: readonly number[];
  readonly empty: readonly number[];
}

function gloraPath(name: string, kind: string, { out, r, column, empty }: GloraShapes): Part[] {
  if (kind === 'lora') return [trained(`${name}.Xd`, out[0], r), trained(`${name}.Xu`, r, out[1])];
  if (kind === 'vector') return [trained(`${name}.X`, ...column)];
  if (kind === 'constant') return [trained(`${name}.X`, 1)];
  return [asBase(stored(`${name}.zeros`, ...empty))];
}

/** PEANuT (Zhong et al. 2025): a small network that maps the weight to its update. */
export const PEANUT: Method = {
  accepts: LINEAR,
  keeps: (keep, { i, o, r, settings }) => {
    keep.weight(2 * o * i + i * r * (1 + 3 * settings.size('depth')));
    keep.cast();
  },
  buffers: weightAndGradient,
  rank: uniformRank,
  parts: ({ outFeatures: o }, settings) => {
    const r = settings.count('r');
    const depth = settings.size('depth');
    const layers = Array.from({ length: depth }, (_, layer) => [
      trained(`peanut_encoders.${layer}.weight`, r, r),
      trained(`peanut_decoders.${layer}.weight`, r, r),
    ]);
    return [trained('peanut_A.weight', r, o), trained('peanut_B.weight', o, r), ...layers.flat()];
  },
};
