/** Methods that train parts of a decomposition of the weight: FRoD and OSF. */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import { BudgetError, ConfigError } from '../../peftConfig/errors';
import { PythonPattern } from '../../peftConfig/pythonPattern';
import type { Module } from '../moduleTable';
import type { Sized } from './kept';
import { weightAndGradient } from './kept';
import type { Method } from './method';
import { asBase, EVERY_KIND, LINEAR_AND_CONV1D, stored, storedAs, trained } from './method';

/** FRoD: a sparse part and a diagonal, in a basis that the modules of one role share. */
export const FROD: Method = {
  accepts: LINEAR_AND_CONV1D,
  mapping: 'SHIRA',
  keeps: (keep, { i, o, trainable }) => {
    // Every call converts the projections to the input's type. Sparse factors have indices of eight bytes.
    keep.baseWeight(i * i + o * i);
    keep.weight(10 * Math.max(0, trainable - i));
    keep.tokenBytes(2 * i);
  },
  parts: ({ inFeatures: i }, settings) => [
    trained('frod_lambda_s_values', sparseValues(i, settings)),
    trained('frod_lambda_l', i),
  ],
  shared: (modules, settings) => {
    if (!settings.flag('save_projection')) return [];
    const categories = new Map(modules.map((module) => [frodCategory(module.name), module.inFeatures]));
    return [...categories].flatMap(([category, i]) => [
      asBase(stored(`frod_V.${category}`, i, i)),
      storedAs('I64', `frod_s_indices.${category}`, 2, sparseValues(i, settings)),
      storedAs('I64', `frod_s_size.${category}`, 2),
    ]);
  },
};

function sparseValues(i: number, settings: AdapterSettings): number {
  return Math.min(Math.trunc(i * i * settings.number('sparse_rate')), i * (i - 1));
}

/** The role of a module: the last two segments of its name. */
function frodCategory(name: string): string {
  const segments = name.split('.');
  const [third, second, last] = [segments.at(-3), segments.at(-2), segments.at(-1) ?? ''];
  if (second === undefined || /^\d+$/.test(second)) return last;
  return third === 'attention' && second === 'output' && last === 'dense' ? 'attention_output' : `${second}_${last}`;
}

/** OSF (Nayak et al. 2025): the low singular directions of the weight itself. */
export const OSF: Method = {
  accepts: EVERY_KIND,
  mapping: 'OSF',
  allLinearByDefault: true,
  keeps: (keep, adapted) => {
    // Trained and initial factors are concatenated on both sides of a product of twice the trained rank.
    const rank = 2 * trainedDirections(adapted);
    keep.weight(rank * (adapted.i + adapted.o));
    keep.cast();
    keep.token(rank);
  },
  residentBytes: (adapted) => {
    // PEFT holds the initial values of the trained part and the non-square factor of the frozen part, all in float32.
    const { i, o } = adapted;
    const low = trainedDirections(adapted);
    const frozenFactor = i === o ? 0 : (Math.min(i, o) - low) * Math.max(i, o);
    return 4 * (low * (i + o + 1) + frozenFactor);
  },
  buffers: weightAndGradient,
  rank: (module, settings) => keptDirections(module, settings),
  parts: (module, settings) => {
    const { kind, inFeatures: i, outFeatures: o } = module;
    // PEFT silently skips other kinds of modules.
    if (kind !== 'linear') return [];
    const low = Math.min(i, o) - keptDirections(module, settings);
    return [
      trained('osf_svd_params.U_low', o, low),
      trained('osf_svd_params.S_low', low),
      trained('osf_svd_params.V_low', low, i),
    ];
  },
};

/** Each trained singular direction is a column, a value and a row. */
function trainedDirections({ i, o, trainable }: Sized): number {
  return trainable / (i + o + 1);
}

function keptDirections({ name, inFeatures, outFeatures }: Module, settings: AdapterSettings): number {
  const smaller = Math.min(inFeatures, outFeatures);
  // A key matches anywhere in a name, unlike in other methods.
  const pattern = Object.entries(settings.object('rank_pattern') ?? {});
  const own = pattern.find(([key]) => new PythonPattern(`.*?(${key})`).match(name));
  const value = own ? own[1] : settings.raw('effective_rank');
  if (value !== null && (typeof value !== 'number' || !(value > 0)))
    throw new ConfigError('effective_rank', value, 'a number above 0');
  const wanted = value === null ? smaller / 2 : value < 1 ? smaller * value : value;
  const rank = Math.min(Math.trunc(wanted), smaller);
  if (rank < 1) throw new BudgetError(`'${name}': none of its ${smaller} directions would be kept`);
  return rank;
}
