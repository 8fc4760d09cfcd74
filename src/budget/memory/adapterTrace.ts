/**
 * What each PEFT method keeps of a linear layer's forward pass, beside what the layer itself keeps.
 *
 * Each rule was read off PEFT 0.21 by recording the storages that are alive after the forward pass of one adapted
 * layer. i and o are its sizes, r its rank; "cast" is the input in the adapter's type.
 */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { Module } from '../moduleTable';

/** What a rule may keep; sizes are counts of values. */
export interface Keeper {
  /** The layer's input in the adapter's type: a copy, unless it has that type. */
  cast(): void;
  /** The layer's input as it came. */
  input(): void;
  /** The frozen layer's output, in the type of the activations. */
  output(): void;
  /** Values in the adapter's type for each token. */
  token(values: number): void;
  /** Bytes for each token: masks. */
  tokenBytes(bytes: number): void;
  /** Values in the adapter's type, once for the layer. */
  weight(values: number): void;
  /** Values in the activations' type, once for the layer. */
  baseWeight(values: number): void;
}

export interface Adapted {
  readonly module: Module;
  readonly rank: number;
  /** Parameters trained at this module. */
  readonly trainable: number;
  readonly settings: AdapterSettings;
}

type Rule = (keep: Keeper, adapted: Adapted & { readonly i: number; readonly o: number; readonly r: number }) => void;

const lora: Rule = (keep, { i, o, r, settings, module }) => {
  const dropout = settings.number('lora_dropout') > 0;
  if (module.kind === 'embedding') return keep.token(r);
  if (settings.present('velora_config')) {
    keep.token(r + velocityGroups(settings));
    return;
  }
  if (dropout) {
    keep.token(i);
    keep.tokenBytes(i);
  } else keep.cast();
  // B is frozen in MiCA, so that nothing needs its input.
  if (settings.text('init_lora_weights') !== 'mica') keep.token(r);
  if (settings.present('kasa_config')) keep.token(r);
  if (!settings.flag('use_dora')) return;
  keep.token(o);
  keep.weight(3 * o);
  if (dropout) {
    // The base layer runs again on what dropout left, with a copy of its weight in the adapter's type.
    keep.token(o);
    keep.weight(o * i);
  } else keep.output();
};

/** VeLoRA keeps one projection for each group of features instead of the input. */
function velocityGroups(settings: AdapterSettings): number {
  const groups = settings.object('velora_config')?.['num_groups'];
  return typeof groups === 'number' && groups >= 1 ? groups : 64;
}

/** The methods that make a whole new weight and multiply by it. */
const wholeWeight =
  (weights: number): Rule =>
  (keep, { i, o }) => {
    keep.weight(weights * o * i);
    keep.cast();
  };

const RULES: Readonly<Record<string, Rule>> = {
  LORA: lora,
  ADALORA: (keep, { i, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * i);
  },
  LOHA: wholeWeight(1),
  LOKR: wholeWeight(1),
  HIRA: wholeWeight(1),
  FOURIERFT: wholeWeight(1),
  WAVEFT: wholeWeight(2),
  IA3: (keep, { i, trainable, o, module, settings }) => {
    // Left out, it is the model type's own: the vector that is as long as the input tells.
    const feedforward = settings.namesOrPattern('feedforward_modules');
    const scalesInput = Array.isArray(feedforward)
      ? feedforward.some((end: string) => module.name.endsWith(end))
      : trainable === i && i !== o;
    if (scalesInput) keep.token(i);
    else keep.output();
  },
  VERA: (keep, { o, r }) => keep.token(r + o),
  PVERA: (keep, { o, r }) => keep.token(4 * r + o),
  RANDLORA: (keep, { i, o, r }) => {
    const smaller = Math.min(i, o);
    const bases = Math.ceil(smaller / r);
    keep.token(r * bases);
    keep.weight(r * bases * smaller);
  },
  ROAD: (keep, { o }) => keep.token(2 * o),
  BEFT: () => undefined,
  TINYLORA: (keep, { r }) => keep.token(r),
  VBLORA: (keep, { i, o, r, settings }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * (i + o) * (1 + settings.count('topk')));
  },
  UNILORA: (keep, { i, o, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * (i + o));
  },
  OFT: (keep, { i, settings }) => {
    keep.cast();
    const blocks = settings.size('r');
    keep.weight(4 * i * (blocks > 0 ? Math.ceil(i / blocks) : settings.count('oft_block_size')));
  },
  BOFT: (keep, { i, settings }) => {
    const factors = settings.count('boft_n_butterfly_factor');
    keep.baseWeight((2 + factors) * i * i);
    keep.weight(3 * i * settings.size('boft_block_size'));
    keep.output();
  },
  HRA: (keep, { i, o, r }) => {
    keep.weight((r + 1) * i * i + 2 * o * i);
    keep.cast();
  },
  PSOFT: (keep, { r }) => {
    keep.token(r);
    keep.weight(5 * r * r);
  },
  MISS: (keep, { i, o, r, settings }) => {
    const kind = settings.raw('init_weights');
    if (kind === 'bat') return wholeWeight(2)(keep, { i, o, r } as Parameters<Rule>[1]);
    keep.token(r);
    if (kind === 'mini') keep.weight(r * o);
  },
  DELORA: (keep, { i, r }) => keep.token(i + 2 * r),
  GRALORA: (keep, { r, settings }) => {
    keep.cast();
    keep.token(r * settings.count('gralora_k'));
    const hybrid = settings.size('hybrid_r');
    // The part that is plain LoRA casts the input for itself.
    if (hybrid > 0) lora(keep, { ...plain(settings), r: hybrid, i: 0, o: 0 });
  },
  C3A: (keep) => keep.cast(),
  SHIRA: (keep, { i, o }) => {
    keep.input();
    keep.baseWeight(o * i);
  },
  SUPERTUNING: (keep, { i, o, trainable }) => {
    keep.input();
    keep.baseWeight(o * i);
    keep.weight(2 * trainable);
  },
  GLORA: (keep, { i, o }) => {
    keep.input();
    keep.baseWeight(o * i);
  },
  POLY: (keep, { i, o, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * (i + o));
  },
  DEFT: (keep, { o, r, settings }) => {
    keep.token(o);
    if (settings.flag('para')) return keep.token(r);
    keep.cast();
    keep.token(2 * r);
  },
  LILY: (keep, { o, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * o);
  },
  PEANUT: (keep, { i, o, r, settings }) => {
    keep.weight(2 * o * i + i * r * (1 + 3 * settings.size('depth')));
    keep.cast();
  },
  FROD: (keep, { i, o, trainable }) => {
    // The projections are moved to the input's type at every call; sparse factors have indices of eight bytes.
    keep.baseWeight(i * i + o * i);
    keep.weight(10 * Math.max(0, trainable - i));
    keep.tokenBytes(2 * i);
  },
  OSF: (keep, { i, o, trainable }) => {
    // Trained and initial factors side by side, on both sides of a product of twice the trained rank.
    const rank = 2 * lowRank(i, o, trainable);
    keep.weight(rank * (i + o));
    keep.cast();
    keep.token(rank);
  },
};

/** OSF trains so many singular directions: a column, a value and a row each. */
function lowRank(i: number, o: number, trainable: number): number {
  return trainable / (i + o + 1);
}

function plain(settings: AdapterSettings): Adapted {
  return { module: PLAIN, rank: 0, trainable: 0, settings };
}
const PLAIN: Module = {
  name: '',
  layer: null,
  parameters: 0,
  kind: 'linear',
  inFeatures: 0,
  outFeatures: 0,
  bias: false,
};

/** Records what the method keeps. Methods without a rule keep nothing: `tracedMethod` tells. */
export function traceAdapter(method: string, keep: Keeper, adapted: Adapted): void {
  const rule = Object.hasOwn(RULES, method) ? RULES[method] : undefined;
  const { module, rank } = adapted;
  rule?.(keep, { ...adapted, i: module.inFeatures, o: module.outFeatures, r: Math.max(1, rank) });
}

export function tracedMethod(method: string): boolean {
  return Object.hasOwn(RULES, method);
}

/** Bytes of buffers that PEFT keeps beside the parameters and that no file has. */
export function residentBytes(method: string, { module, rank, settings, trainable }: Adapted): number {
  const { inFeatures: i, outFeatures: o } = module;
  const r = Math.max(1, rank);
  switch (method) {
    case 'PSOFT':
      // The right factor is a view of all singular vectors, which stay; then the left one and two lists of indices.
      return 4 * (Math.min(i, o) * i + o * r) + 8 * r * (r - 1);
    case 'BOFT':
      return 4 * i * i * settings.count('boft_n_butterfly_factor');
    case 'OSF': {
      // The trained part as it was, and of the frozen part the factor that is not square; PEFT makes all float32.
      const low = lowRank(i, o, trainable);
      const frozen = i === o ? 0 : (Math.min(i, o) - low) * Math.max(i, o);
      return 4 * (low * (i + o + 1) + frozen);
    }
    default:
      return 0;
  }
}
