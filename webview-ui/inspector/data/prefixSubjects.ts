/** The matrices of a prefix: keys and values with their heads marked, and the attention map. */

import type { PrefixInfo, SourceDescription, TrainingInfo } from '../../../src/protocol/source';
import type { Band } from '../../shared/heatmap/types';
import type { Subject } from './subject';
import { findTensor, tensorSubject } from './subject';

function headBands({ numHeads, dHead }: PrefixInfo): Band[] {
  if (numHeads < 2) return [];
  return Array.from({ length: numHeads }, (_, head) => ({
    start: head * dHead,
    end: (head + 1) * dHead,
    label: `head ${head}`,
  }));
}

/** `training` and `step` are set only if the source records training. */
export function prefixSubject(
  info: PrefixInfo,
  layer: number,
  part: 'key' | 'value',
  gradient: boolean,
  step?: number,
  training?: TrainingInfo,
): Subject {
  const letter = part === 'key' ? 'K' : 'V';
  const base = { kind: 'prefix', module: info.module, layer, part } as const;
  const value = step === undefined ? base : { ...base, step };
  const ofGradient = { ...value, gradient: true };
  // Gradients shrink during training, so the colours of the first step show all of them.
  const domainOf = gradient ? { ...ofGradient, step: training?.recordedSteps[0] ?? 0 } : base;
  return {
    matrix: gradient ? ofGradient : value,
    ...(info.hasGradient && {
      counterpart: gradient ? { label: 'value', matrix: value } : { label: 'gradient', matrix: ofGradient },
    }),
    title: `${gradient ? '∂loss/∂' : ''}${letter} prefix, layer ${layer}`,
    name: `${gradient ? 'gradient of ' : ''}${part} prefix of ${info.module}, layer ${layer}`,
    dtype: 'F32',
    rows: info.prefixLength,
    columns: info.numHeads * info.dHead,
    rowLabel: 'prefix position',
    columnLabel: 'heads × head dim',
    rowBands: [],
    columnBands: headBands(info),
    ...(step !== undefined && { domainOf }),
  };
}

/** The layer whose attention is shown beside the chosen layer: the chosen one if its attention was recorded. */
export function attentionLayer(
  { attention }: PrefixInfo,
  layer: number,
): { readonly layer: number; readonly name: string } | undefined {
  return attention?.layers?.find((one) => one.layer === layer) ?? attention;
}

export function attentionSubject(
  description: SourceDescription,
  info: PrefixInfo,
  layer: number,
  batch: number,
  head: number,
  step?: number,
): Subject | null {
  const { attention, prefixLength } = info;
  const shown = attentionLayer(info, layer);
  const tensor = findTensor(description, shown?.name);
  if (!attention || !shown || !tensor) return null;
  const subject = tensorSubject(tensor, {
    title: `Attention, layer ${shown.layer}, head ${head}`,
    slice: [batch, head],
    step,
    rowLabel: 'query token',
    columnLabel: 'key: prefix, then tokens',
    columnBands: [
      { start: 0, end: prefixLength, label: `prefix (${prefixLength})` },
      { start: prefixLength, end: prefixLength + attention.tokens, label: `tokens (${attention.tokens})` },
    ],
  });
  return { ...subject, nonNegative: true };
}
