/** The methods that adapt modules, by peft_type. */

import { adalora, dataDependent, lora } from './lora';
import { frod, osf } from './decomposed';
import { lily } from './lily';
import { c3a, bone, deft, delora, glora, gralora, hira, miss, peanut, poly, shira, supertuning } from './lowRank';
import { loha, lokr } from './lycoris';
import type { Method } from './method';
import { boft, hra, oft, psoft } from './orthogonal';
import {
  beft,
  fourierft,
  ia3,
  lnTuning,
  pvera,
  randlora,
  road,
  tinylora,
  unilora,
  vblora,
  vera,
  waveft,
} from './vectors';

export const METHODS: Readonly<Record<string, Method>> = {
  LORA: lora,
  ADALORA: adalora,
  LOHA: loha,
  LOKR: lokr,
  IA3: ia3,
  VERA: vera,
  PVERA: pvera,
  RANDLORA: randlora,
  FOURIERFT: fourierft,
  WAVEFT: waveft,
  ROAD: road,
  BEFT: beft,
  LN_TUNING: lnTuning,
  VBLORA: vblora,
  UNILORA: unilora,
  TINYLORA: tinylora,
  OFT: oft,
  BOFT: boft,
  HRA: hra,
  PSOFT: psoft,
  MISS: miss,
  BONE: bone,
  HIRA: hira,
  DELORA: delora,
  GRALORA: gralora,
  C3A: c3a,
  SHIRA: shira,
  SUPERTUNING: supertuning,
  POLY: poly,
  DEFT: deft,
  GLORA: glora,
  LILY: lily,
  PEANUT: peanut,
  FROD: frod,
  OSF: osf,
  ADAMSS: dataDependent('ADAMSS', 'it clusters the weights, and the clusters determine the number of parameters'),
  XLORA: {
    ...dataDependent('XLORA', 'it mixes previously trained adapters, and their layers determine its size'),
    mapping: null,
  },
};

/** `null` for a peft_type that adapts no modules or is unknown. */
export function methodOf(type: string): Method | null {
  return Object.hasOwn(METHODS, type) ? (METHODS[type] ?? null) : null;
}
