/** Methods that multiply the weight by a trained orthogonal matrix: OFT, BOFT, HRA, PSOFT. */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import { BudgetError } from '../../peftConfig/errors';
import type { Module } from '../moduleTable';
import { weightAndGradient } from './kept';
import type { Method } from './method';
import { kernelSize, LINEAR, LINEAR_AND_CONV, trained } from './method';

/** The divisor of a size that is nearest to `wanted`; of two equally near, the smaller. */
function nearestDivisor(size: number, wanted: number): number {
  if (wanted >= size) return size;
  let higher = wanted;
  while (higher <= size && size % higher !== 0) higher++;
  let lower = wanted;
  while (lower > 1 && size % lower !== 0) lower--;
  return wanted - lower <= higher - wanted ? lower : higher;
}

const inputs = (module: Module): number => module.inFeatures * kernelSize(module);

/** The number and the size of the blocks. The config sets one, and the other follows. */
function blocks(module: Module, settings: AdapterSettings): { count: number; size: number } {
  const rank = settings.size('r');
  const wanted = settings.size('oft_block_size');
  if ((rank === 0) === (wanted === 0)) throw new BudgetError('exactly one of r and oft_block_size must be above 0');
  const total = inputs(module);
  if (rank === 0) {
    const size = nearestDivisor(total, wanted);
    return { count: total / size, size };
  }
  const count = nearestDivisor(total, rank);
  return { count, size: total / count };
}

/** OFT (Qiu et al. 2023): rotations of blocks of the inputs, each from a skew-symmetric generator. */
export const OFT: Method = {
  accepts: ['linear', 'conv', 'embedding'],
  keeps: (keep, { i, settings }) => {
    keep.cast();
    const count = settings.size('r');
    keep.weight(4 * i * (count > 0 ? Math.ceil(i / count) : settings.count('oft_block_size')));
  },
  rank: (module, settings) => blocks(module, settings).count,
  parts: (module, settings) => {
    if (module.kind === 'embedding') {
      const { count, size } = blocks({ ...module, inFeatures: module.outFeatures }, settings);
      return [trained('oft_embedding_R.weight', settings.flag('block_share') ? 1 : count, (size * (size - 1)) / 2)];
    }
    const { count, size } = blocks(module, settings);
    return [trained('oft_R.weight', settings.flag('block_share') ? 1 : count, (size * (size - 1)) / 2)];
  },
};

/** BOFT (Liu et al. 2024): a product of sparse rotations, and a scale per output. */
export const BOFT: Method = {
  accepts: LINEAR_AND_CONV,
  keeps: (keep, { i, settings }) => {
    const factors = settings.count('boft_n_butterfly_factor');
    keep.baseWeight((2 + factors) * i * i);
    keep.weight(3 * i * settings.size('boft_block_size'));
    keep.output();
  },
  residentBytes: ({ i, settings }) => 4 * i * i * settings.count('boft_n_butterfly_factor'),
  buffers: weightAndGradient,
  parts: (module, settings) => {
    const factors = settings.count('boft_n_butterfly_factor');
    const wantedSize = settings.size('boft_block_size');
    const wantedCount = settings.size('boft_block_num');
    if ((wantedSize === 0) === (wantedCount === 0))
      throw new BudgetError('exactly one of boft_block_size and boft_block_num must be above 0');
    const total = inputs(module);
    const given = wantedSize || wantedCount;
    if (total % given !== 0) throw new BudgetError(`'${module.name}': ${total} inputs are not divisible by ${given}`);
    const size = wantedSize || total / wantedCount;
    const count = total / size;
    if (factors > 1 && (count % 2 ** (factors - 1) !== 0 || size % 2 !== 0))
      throw new BudgetError(`'${module.name}': ${count} blocks of ${size} cannot form ${factors} butterfly factors`);
    const scale = module.kind === 'conv' ? [1, module.outFeatures] : [module.outFeatures, 1];
    return [trained('boft_R', factors, count, size, size), trained('boft_s', ...scale)];
  },
  warnings: (settings) =>
    settings.count('boft_n_butterfly_factor') > 1
      ? ['Without its CUDA extension, PEFT uses a boft_n_butterfly_factor of 1.']
      : [],
};

/** HRA (Yuan et al. 2024): a chain of Householder reflections of the inputs. */
export const HRA: Method = {
  accepts: LINEAR_AND_CONV,
  keeps: (keep, { i, o, r }) => {
    keep.weight((r + 1) * i * i + 2 * o * i);
    keep.cast();
  },
  buffers: weightAndGradient,
  rank: (_, settings) => settings.count('r'),
  parts: (module, settings) => [trained('hra_u', inputs(module), settings.count('r'))],
};

/** PSOFT: a rotation of the principal subspace, and two scaling vectors. */
export const PSOFT: Method = {
  accepts: LINEAR,
  keeps: (keep, { r }) => {
    keep.token(r);
    keep.weight(5 * r * r);
  },
  // The right factor (a view that keeps all singular vectors in memory), the left factor, and two index lists.
  residentBytes: ({ i, o, r }) => 4 * (Math.min(i, o) * i + o * r) + 8 * r * (r - 1),
  rank: (_, settings) => settings.count('r'),
  parts: ({ name, inFeatures, outFeatures }, settings) => {
    const r = settings.count('r');
    if (r > Math.min(inFeatures, outFeatures))
      throw new BudgetError(`'${name}': r ${r} exceeds its smaller side, ${Math.min(inFeatures, outFeatures)}`);
    const rotation = settings.flag('psoft_orth') ? [(r * (r - 1)) / 2] : [r, r];
    return [
      trained('psoft_R.weight', ...rotation),
      ...(settings.flag('psoft_mag_b') ? [trained('psoft_R.vector_b', r)] : []),
      ...(settings.flag('psoft_mag_a') ? [trained('psoft_R.vector_a', r)] : []),
    ];
  },
};
