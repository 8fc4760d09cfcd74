/** The matrices of a prefix: keys and values with heads told apart, and the attention map. */

import type { PrefixInfo, SourceDescription } from '../../../src/protocol/source';
import type { Band } from '../../shared/heatmap/types';
import type { Subject } from './subject';
import { findTensor, tensorSubject } from './subject';

export function headBands({ numHeads, dHead }: PrefixInfo): Band[] {
  if (numHeads < 2) return [];
  return Array.from({ length: numHeads }, (_, head) => ({ start: head * dHead, end: (head + 1) * dHead, label: `head ${head}` }));
}

export function prefixSubject(info: PrefixInfo, layer: number, part: 'key' | 'value', gradient: boolean): Subject {
  const letter = part === 'key' ? 'K' : 'V';
  return {
    matrix: { kind: 'prefix', module: info.module, layer, part, ...(gradient && { gradient }) },
    title: `${gradient ? '∂loss/∂' : ''}${letter} prefix, layer ${layer}`,
    name: `${gradient ? 'gradient of ' : ''}${part} prefix of ${info.module}, layer ${layer}`,
    dtype: 'F32',
    rows: info.prefixLength,
    columns: info.numHeads * info.dHead,
    rowLabel: 'prefix position',
    columnLabel: 'heads × head dim',
    rowBands: [],
    columnBands: headBands(info),
  };
}

export function attentionSubject(description: SourceDescription, info: PrefixInfo, batch: number, head: number): Subject | null {
  const { attention, prefixLength } = info;
  const tensor = findTensor(description, attention?.name);
  if (!attention || !tensor) return null;
  return tensorSubject(tensor, {
    title: `Attention, layer ${attention.layer}, head ${head}`,
    slice: [batch, head],
    rowLabel: 'query token',
    columnLabel: 'key: prefix, then tokens',
    columnBands: [
      { start: 0, end: prefixLength, label: `prefix (${prefixLength})` },
      { start: prefixLength, end: prefixLength + attention.tokens, label: `tokens (${attention.tokens})` },
    ],
  });
}
