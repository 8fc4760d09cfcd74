/** LoHa and LoKr of LyCORIS (Yeh et al. 2023): Hadamard and Kronecker products of small factors. */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { Module } from '../moduleTable';
import { weightAndGradient, wholeWeights } from './kept';
import { loraRank } from './lora';
import type { Method, Part } from './method';
import { kernelSize, LINEAR_AND_CONV, trained } from './method';

/** A convolution's kernel is decomposed only if the config asks for it and the kernel is larger than 1. */
function isEffective(module: Module, settings: AdapterSettings): boolean {
  return module.kind === 'conv' && settings.flag('use_effective_conv2d') && kernelSize(module) > 1;
}

export const LOHA: Method = {
  accepts: LINEAR_AND_CONV,
  keeps: wholeWeights(1),
  buffers: weightAndGradient,
  rank: loraRank,
  parts: (module, settings) => {
    const { inFeatures: i, outFeatures: o, kernel = [] } = module;
    const r = loraRank(module, settings);
    if (isEffective(module, settings)) {
      return ['1', '2'].flatMap((n) => [
        trained(`hada_t${n}`, r, r, ...kernel),
        trained(`hada_w${n}_a`, r, o),
        trained(`hada_w${n}_b`, r, i),
      ]);
    }
    const inputs = i * kernelSize(module);
    return ['1', '2'].flatMap((n) => [trained(`hada_w${n}_a`, o, r), trained(`hada_w${n}_b`, r, inputs)]);
  },
};

/**
 * Splits a size into two factors, smaller first: `factor` itself if it divides the size, else as near to the square
 * root as its divisors and `factor` allow. -1 sets no limit.
 */
function kroneckerFactors(size: number, factor: number): readonly [number, number] {
  if (factor > 0 && size % factor === 0) return [factor, size / factor];
  const limit = factor === -1 ? size : factor;
  let low = 1;
  let high = size;
  let sum = low + high;
  while (low < high) {
    let next = low + 1;
    while (size % next !== 0) next++;
    const other = size / next;
    if (next + other > sum || next > limit) break;
    low = next;
    high = other;
    sum = low + high;
  }
  return low > high ? [high, low] : [low, high];
}

export const LOKR: Method = {
  accepts: LINEAR_AND_CONV,
  keeps: wholeWeights(1),
  buffers: weightAndGradient,
  rank: loraRank,
  parts: (module, settings) => {
    const { kernel = [] } = module;
    const r = loraRank(module, settings);
    const factor = settings.raw('decompose_factor') === -1 ? -1 : settings.size('decompose_factor') || -1;
    const [outSmall, outLarge] = kroneckerFactors(module.outFeatures, factor);
    const [inSmall, inLarge] = kroneckerFactors(module.inFeatures, factor);
    const both = settings.flag('decompose_both') && r < Math.max(outSmall, inSmall) / 2;
    const first: Part[] = both
      ? [trained('lokr_w1_a', outSmall, r), trained('lokr_w1_b', r, inSmall)]
      : [trained('lokr_w1', outSmall, inSmall)];
    if (r >= Math.max(outLarge, inLarge) / 2) return [...first, trained('lokr_w2', outLarge, inLarge, ...kernel)];
    if (isEffective(module, settings)) {
      const apart = [
        trained('lokr_t2', r, r, ...kernel),
        trained('lokr_w2_a', r, outLarge),
        trained('lokr_w2_b', r, inLarge),
      ];
      return [...first, ...apart];
    }
    return [...first, trained('lokr_w2_a', outLarge, r), trained('lokr_w2_b', r, inLarge * kernelSize(module))];
  },
};
