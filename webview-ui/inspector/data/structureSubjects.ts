/** The factors of a LoKr or LoHa module as subjects, and the lines of each that an entry of the product uses. */

import type { LoraModuleInfo, SourceDescription } from '../../../src/protocol/source';
import type { LitLines } from '../../shared/heatmap/types';
import { findTensor } from './subject';
import type { Subject } from './subject';

type Part = NonNullable<LoraModuleInfo['structure']>['factors'][number]['part'];

const TITLES: Readonly<Record<Part, string>> = {
  w1: 'W1',
  w2: 'W2',
  w1_a: 'W1a',
  w1_b: 'W1b',
  w2_a: 'W2a',
  w2_b: 'W2b',
};

/** Empty for a module without a structure, or whose product cannot be shown. */
export function structureSubjects(description: SourceDescription, info: LoraModuleInfo): Subject[] {
  const { module, structure, unavailable } = info;
  if (!structure || unavailable !== undefined) return [];
  return structure.factors.map(({ part, tensor, rows, columns }) => ({
    matrix: { kind: 'factor', module, part },
    title: TITLES[part],
    name: tensor ?? `${TITLES[part]} of ${module}`,
    dtype: findTensor(description, tensor)?.dtype ?? 'computed',
    rows,
    columns,
    ...labelsOf(part, isTurned(info, part, columns)),
  }));
}

/** LyCORIS stores the left factors as (rank, out) if there is a kernel. */
function isTurned({ structure, outFeatures }: LoraModuleInfo, part: Part, columns: number): boolean {
  const right = structure!.factors.find((factor) => factor.part === part.replace('_a', '_b'));
  return part.endsWith('_a') && columns === outFeatures && columns !== right?.rows;
}

function labelsOf(part: Part, turned: boolean): { rowLabel: string; columnLabel: string } {
  if (part === 'w1') return { rowLabel: 'out block', columnLabel: 'in block' };
  if (part === 'w2') return { rowLabel: 'out in the block', columnLabel: 'in in the block' };
  const left = part.endsWith('_a');
  if (turned) return { rowLabel: 'k', columnLabel: 'out' };
  return left ? { rowLabel: 'out', columnLabel: 'k' } : { rowLabel: 'k', columnLabel: 'in' };
}

/**
 * The lines of each factor, in the order of `structureSubjects`. Entry (i, j) of W1 kron W2 is one entry of each. One of
 * LoHa's takes a row of each left factor and a column of each right one.
 */
export function structureLines(info: LoraModuleInfo, row: number, column: number): LitLines[] {
  const { structure, inFeatures } = info;
  if (!structure) return [];
  const [, second] = structure.factors;
  return structure.factors.map(({ part, rows, columns }) => {
    if (part === 'w1')
      return { rows: [Math.floor(row / second!.rows)], columns: [Math.floor(column / second!.columns)] };
    if (part === 'w2') return { rows: [row % rows], columns: [column % columns] };
    if (part.endsWith('_a')) return isTurned(info, part, columns) ? { columns: [row] } : { rows: [row] };
    // A kernel has several columns for each column of the factor.
    return { columns: [Math.floor((column * columns) / inFeatures)] };
  });
}
