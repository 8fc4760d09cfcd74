/** Methods that train vectors: scales, biases and spectra, some on frozen random projections. */

import { AdapterSettings } from '../../peftConfig/adapterSettings';
import { BudgetError, ConfigError } from '../../peftConfig/errors';
import { factsOf } from '../architectures';
import { mappedTargets } from '../architectures/peftTargets';
import type { Module, ModuleTable } from '../moduleTable';
import { moduleTensors } from '../moduleTable';
import { PythonPattern } from '../../peftConfig/pythonPattern';
import { weightAndGradient, wholeWeights } from './kept';
import type { Method, Part } from './method';
import { again, asBase, EVERY_KIND, LINEAR, LINEAR_AND_CONV1D, stored, storedAs, trained } from './method';

/** IA3 (Liu et al. 2022): a scale per output, or per input for the feed-forward modules. */
export const IA3: Method = {
  accepts: ['linear', 'conv1d', 'conv'],
  mapping: 'IA3',
  complete: withFeedForward,
  keeps: (keep, { i, o, module, settings, trainable }) => {
    // If the config does not name the feed-forward modules, the lengths of their vectors identify them.
    const feedforward = settings.namesOrPattern('feedforward_modules');
    const scalesInput = Array.isArray(feedforward)
      ? feedforward.some((end: string) => module.name.endsWith(end))
      : trainable === i && i !== o;
    if (scalesInput) keep.token(i);
    else keep.output();
  },
  parts: (module, settings) => {
    const { kind, inFeatures: i, outFeatures: o, kernel = [] } = module;
    const feedforward = isFeedForward(module.name, settings);
    const size = feedforward ? i : o;
    if (kind === 'conv') return [trained('ia3_l', 1, size, ...kernel.map(() => 1))];
    return [feedforward ? trained('ia3_l', 1, size) : trained('ia3_l', size, 1)];
  },
};

/** The feed-forward modules have a mapping of their own, and must be among the targets. */
function withFeedForward(model: ModuleTable, settings: AdapterSettings): AdapterSettings {
  if (settings.raw('feedforward_modules') !== null) return settings;
  const usual = mappedTargets(factsOf(model.shape.modelType).peftTargets ?? {}, 'IA3_FEEDFORWARD');
  if (usual) return new AdapterSettings({ ...settings.config, feedforward_modules: usual });
  if (settings.raw('target_modules') === null) return settings;
  throw new ConfigError('feedforward_modules', null, `a list: PEFT has no default for ${model.shape.modelType}`);
}

function isFeedForward(name: string, settings: AdapterSettings): boolean {
  const feedforward = settings.namesOrPattern('feedforward_modules') ?? [];
  if (typeof feedforward === 'string') return new PythonPattern(feedforward).fullMatch(name);
  return feedforward.some((entry) => name.endsWith(entry));
}

const largest = (modules: readonly Module[], size: (module: Module) => number): number =>
  modules.reduce((max, module) => Math.max(max, size(module)), 0);
const widestInput = (modules: readonly Module[]): number => largest(modules, ({ inFeatures }) => inFeatures);
const widestOutput = (modules: readonly Module[]): number => largest(modules, ({ outFeatures }) => outFeatures);

/** VeRA (Kopiczko et al. 2024): scales around one pair of frozen random matrices of the largest module's size. */
function randomProjection(name: 'vera' | 'pvera', doubled: number): Method {
  const rank = (settings: AdapterSettings): number => settings.count('r');
  return {
    accepts: LINEAR_AND_CONV1D,
    mapping: 'SHIRA',
    keeps: (keep, { o, r }) => keep.token((doubled === 1 ? r : 4 * r) + o),
    rank: (_, settings) => rank(settings),
    parts: ({ outFeatures }, settings) => [
      trained(`${name}_lambda_b`, outFeatures),
      trained(`${name}_lambda_d`, doubled * rank(settings)),
    ],
    shared: (modules, settings) =>
      settings.flag('save_projection')
        ? [
            stored(`${name}_A`, doubled * rank(settings), widestInput(modules)),
            stored(`${name}_B`, widestOutput(modules), rank(settings)),
          ]
        : [],
  };
}

export const VERA = randomProjection('vera', 1);
/** PVeRA: VeRA with a mean and a deviation per rank. */
export const PVERA = randomProjection('pvera', 2);

/** RandLoRA (Albert et al. 2025): full-rank updates as sums of scaled random matrices. */
export const RANDLORA: Method = {
  accepts: LINEAR_AND_CONV1D,
  keeps: (keep, { i, o, r }) => {
    const smaller = Math.min(i, o);
    const bases = Math.ceil(smaller / r);
    keep.token(r * bases);
    keep.weight(r * bases * smaller);
  },
  rank: (_, settings) => settings.count('r'),
  parts: ({ inFeatures, outFeatures }, settings, { modules }) => {
    const r = settings.count('r');
    const smaller = Math.min(inFeatures, outFeatures);
    const bases = Math.ceil(smaller / r);
    return [
      trained('randlora_lambda', r, bases),
      trained('randlora_gamma', bases, smaller),
      // The file holds a copy of the bases for every layer.
      ...(settings.flag('save_projection') ? randomBases(modules, r).map(again) : []),
    ];
  },
  shared: (modules, settings) => (settings.flag('save_projection') ? randomBases(modules, settings.count('r')) : []),
};

function randomBases(modules: readonly Module[], r: number): Part[] {
  const input = widestInput(modules);
  const output = widestOutput(modules);
  const [smaller, larger] = [Math.min(input, output), Math.max(input, output)];
  return [stored('randlora_A', r, 1, smaller), stored('randlora_B', larger, Math.ceil(smaller / r), r)];
}

/** FourierFT (Gao et al. 2024): coefficients of a sparse spectrum. */
export const FOURIERFT: Method = {
  accepts: LINEAR_AND_CONV1D,
  mapping: 'FOURIERFT',
  keeps: wholeWeights(1),
  buffers: weightAndGradient,
  parts: (module, settings) => [
    trained('fourierft_spectrum', frequencies(module, settings, settings.dottedPattern('n_frequency_pattern'))),
  ],
};

/** WaveFT: wavelets instead of Fourier coefficients. Their number may be proportional to the modules' sizes. */
export const WAVEFT: Method = {
  accepts: LINEAR_AND_CONV1D,
  mapping: 'WAVEFT',
  keeps: wholeWeights(2),
  buffers: weightAndGradient,
  parts: (module, settings, { modules }) => {
    if (!settings.flag('proportional_parameters')) return [trained('waveft_spectrum', frequencies(module, settings))];
    const area = ({ inFeatures, outFeatures }: Module): number => inFeatures * outFeatures;
    const total = modules.reduce((sum, each) => sum + area(each), 0);
    const budget = settings.count('n_frequency', undefined, MAX_SPECTRUM) * modules.length;
    return [trained('waveft_spectrum', atMost(module, Math.max(1, roundHalfEven((area(module) / total) * budget))))];
  },
};

/** More coefficients than the largest weight has values. */
const MAX_SPECTRUM = 1 << 30;

function frequencies(
  module: Module,
  settings: AdapterSettings,
  pattern = settings.pattern('n_frequency_pattern'),
): number {
  const own = pattern.valueFor(module.name);
  const count = own ?? settings.count('n_frequency', undefined, MAX_SPECTRUM);
  return atMost(module, count);
}

function atMost({ name, inFeatures, outFeatures }: Module, count: number): number {
  const values = inFeatures * outFeatures;
  if (count > values)
    throw new BudgetError(`'${name}': n_frequency ${count} exceeds the ${values} values of its weight`);
  return count;
}

/** Rounds a half to the even neighbour, as Python does. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** RoAd (Liao et al. 2024): rotations of pairs of outputs, with 1, 2 or 4 values per pair. */
export const ROAD: Method = {
  accepts: LINEAR,
  keeps: (keep, { o }) => keep.token(2 * o),
  parts: ({ name, outFeatures }, settings) => {
    const variant = settings.word('variant');
    const group = settings.count('group_size');
    if (outFeatures % group !== 0)
      throw new BudgetError(`'${name}': ${outFeatures} outputs are not divisible by group_size ${group}`);
    const size = variant === 'road_1' ? outFeatures / 2 : variant === 'road_2' ? outFeatures : 2 * outFeatures;
    return [trained('road_theta', size), trained('road_alpha', size)];
  },
};

/** BEFT: a trained bias per output. */
export const BEFT: Method = {
  accepts: LINEAR,
  mapping: 'BEFT',
  keeps: () => undefined,
  parts: ({ outFeatures }) => [trained('beft_bias', 1, outFeatures)],
};

/** LN tuning (Zhao et al. 2024) trains copies of whole modules, usually norms. A module may hold others. */
export const LN_TUNING: Method = {
  accepts: EVERY_KIND,
  mapping: 'LN_TUNING',
  trainsCopies: true,
  parts: ({ name, kind }, _, { model }) =>
    model.modules
      .filter((each) => each.name === name || (kind === 'parameters' && each.name.startsWith(`${name}.`)))
      .flatMap(moduleTensors)
      .map((tensor) => asBase(trained(`ln_tuning_layers.${tensor.name.slice(name.length + 1)}`, ...tensor.shape))),
};

/** VB-LoRA (Li et al. 2024): LoRA factors composed from one bank of vectors. */
export const VBLORA: Method = {
  accepts: LINEAR_AND_CONV1D,
  mapping: 'VBLORA',
  keeps: (keep, { i, o, r, settings }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * (i + o) * (1 + settings.count('topk')));
  },
  rank: (_, settings) => settings.count('r'),
  parts: ({ name, inFeatures, outFeatures }, settings) => {
    const r = settings.count('r');
    const { vectors, length } = bank(settings);
    for (const size of [inFeatures, outFeatures]) {
      if (size % length !== 0)
        throw new BudgetError(`'${name}': ${size} features are not divisible by vector_length ${length}`);
    }
    const shapes = { A: [r, inFeatures / length], B: [outFeatures / length, r] };
    const only = settings.flag('save_only_topk_weights');
    const topk = settings.count('topk');
    return (['A', 'B'] as const).flatMap((side) => {
      const logits = trained(`vblora_logits_${side}`, ...shapes[side], vectors);
      if (!only) return [logits];
      const index = vectors < 1 << 8 ? 'U8' : vectors < 1 << 15 ? 'I16' : vectors < 2 ** 31 ? 'I32' : 'I64';
      return [
        { ...logits, saved: false },
        storedAs(index, `vblora_logits_${side}_topk_indices`, ...shapes[side], topk),
        stored(`vblora_logits_${side}_topk_weights`, ...shapes[side], topk - 1),
      ];
    });
  },
  shared: (_, settings) => {
    const { vectors, length } = bank(settings);
    return [trained('vblora_vector_bank', vectors, length)];
  },
};

function bank(settings: AdapterSettings): { vectors: number; length: number } {
  return { vectors: settings.count('num_vectors'), length: settings.count('vector_length') };
}

/** Uni-LoRA: one trained vector holds the values of all factors. */
export const UNILORA: Method = {
  accepts: LINEAR_AND_CONV1D,
  keeps: (keep, { i, o, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * (i + o));
  },
  rank: (_, settings) => settings.count('r'),
  parts: ({ inFeatures, outFeatures }, settings) => {
    if (!settings.flag('save_indices')) return [];
    const r = settings.count('r');
    const [a, b] = [
      [r, inFeatures],
      [outFeatures, r],
    ];
    return [
      storedAs('I64', 'unilora_indices_A', ...a),
      storedAs('I64', 'unilora_indices_B', ...b),
      stored('unilora_scales_A', ...a),
      stored('unilora_scales_B', ...b),
    ];
  },
  shared: (_, settings) => [trained('unilora_theta_d', settings.count('theta_d_length', undefined, MAX_SPECTRUM))],
};

/** TinyLoRA: a few numbers per group of modules, on frozen factors of the weights. */
export const TINYLORA: Method = {
  accepts: ['linear', 'conv1d', 'embedding'],
  keeps: (keep, { r }) => keep.token(r),
  rank: (_, settings) => settings.count('r'),
  parts: ({ inFeatures, outFeatures }, settings) => {
    const r = Math.min(settings.count('r'), inFeatures, outFeatures);
    return [
      stored('tinylora_A', r, inFeatures),
      stored('tinylora_B', outFeatures, r),
      ...(settings.flag('save_projection') ? [stored('tinylora_P', settings.count('u'), r, r)] : []),
    ];
  },
  shared: (modules, settings) => {
    const groups = Math.max(1, roundHalfEven(modules.length * (1 - settings.number('weight_tying'))));
    return Array.from({ length: groups }, (_, group) => trained(`tinylora_v.${group}`, settings.count('u')));
  },
};
