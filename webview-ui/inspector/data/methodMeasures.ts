/** The tables of an overview of (IA)³ vectors or bottleneck adapters: their modules and what colours them. */

import type { MethodOverview } from '../../../src/protocol/methodOverview';
import type { InspectorState } from './state';

interface MeasuredRow {
  readonly module: string;
  readonly layer: number | null;
  readonly group: string;
  /** The place that a click leads to. */
  readonly place: Partial<InspectorState>;
}

export interface MethodMeasure {
  readonly id: string;
  readonly label: string;
  readonly meaning: string;
  /** The value that changes nothing, if values on both sides of it differ in kind. */
  readonly centre?: number;
  /** One value a row; NaN if it is unknown. */
  readonly values: Float64Array;
}

export interface MethodTable {
  /** '48 (IA)³ vectors'. */
  readonly title: string;
  readonly rows: readonly MeasuredRow[];
  readonly measures: readonly MethodMeasure[];
}

export function methodTables(overview: MethodOverview): MethodTable[] {
  return [vectorTable(overview), bottleneckTable(overview)].filter(({ rows }) => rows.length > 0);
}

function vectorTable({ vectors }: MethodOverview): MethodTable {
  const values = (value: (vector: MethodOverview['vectors'][number]) => number): Float64Array =>
    Float64Array.from(vectors, value);
  return {
    title: counted(vectors.length, '(IA)³ vector'),
    rows: vectors.map(({ module, layer, group, tensor }) => ({
      module,
      layer,
      group,
      place: { tab: 'tensors', tensor },
    })),
    measures: [
      {
        id: 'deviation',
        label: 'distance from 1',
        meaning: 'How far training moved the vector: the root mean square of its values minus 1. 0 changes nothing.',
        values: values(({ deviation }) => deviation),
      },
      {
        id: 'mean',
        label: 'mean',
        meaning: 'The mean of the values. Below 1 the module is damped, above 1 it is amplified.',
        centre: 1,
        values: values(({ mean }) => mean),
      },
      {
        id: 'min',
        label: 'smallest value',
        meaning: 'The smallest value. 0 switches a feature off, and a negative value turns its sign.',
        centre: 1,
        values: values(({ min }) => min),
      },
      {
        id: 'max',
        label: 'largest value',
        meaning: 'The largest value: how far a feature is amplified.',
        centre: 1,
        values: values(({ max }) => max),
      },
    ],
  };
}

function bottleneckTable({ bottlenecks }: MethodOverview): MethodTable {
  const values = (value: (bottleneck: MethodOverview['bottlenecks'][number]) => number): Float64Array =>
    Float64Array.from(bottlenecks, value);
  return {
    title: counted(bottlenecks.length, 'bottleneck adapter'),
    rows: bottlenecks.map(({ module, layer, group }) => ({
      module,
      layer,
      group,
      place: { tab: 'adapter', bottleneck: module },
    })),
    measures: [
      {
        id: 'upNorm',
        label: '‖W up‖',
        meaning: 'The Frobenius norm of the projection back to the width of the model. 0 changes nothing.',
        values: values(({ upNorm }) => upNorm),
      },
      {
        id: 'downNorm',
        label: '‖W down‖',
        meaning: 'The Frobenius norm of the projection to the bottleneck.',
        values: values(({ downNorm }) => downNorm),
      },
      {
        id: 'deadUnits',
        label: 'dead units',
        meaning:
          'Units of the bottleneck with all weights into them, or all weights out of them, zero. Units that a ' +
          'non-linearity keeps closed are not counted: the file holds no activations.',
        values: values(({ deadUnits }) => deadUnits),
      },
    ],
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
