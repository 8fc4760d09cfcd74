/** A matrix to show: what to read, and what to call it. */

import type { MatrixRef } from '../../../src/protocol/matrix';
import type { SourceDescription, TensorInfo } from '../../../src/protocol/source';
import { matrixKey } from '../../../src/protocol/matrixKey';
import type { Band } from '../../shared/heatmap/types';

export interface Subject {
  readonly matrix: MatrixRef;
  /** Short name above the picture: 'A'. */
  readonly title: string;
  /** Full name, for tooltips and file names. */
  readonly name: string;
  readonly dtype: string;
  readonly rows: number;
  readonly columns: number;
  readonly rowLabel: string;
  readonly columnLabel: string;
  readonly rowBands?: readonly Band[];
  readonly columnBands?: readonly Band[];
  /**
   * The matrix whose magnitudes set the colour domain, if not this one: that of the last training step, so that changes
   * between steps are visible.
   */
  readonly domainOf?: MatrixRef;
  /** True for probabilities and similar values: a diverging scheme would leave its negative half unused. */
  readonly nonNegative?: boolean;
  /** The gradient of this value, or the value of this gradient, shown beside it. */
  readonly counterpart?: Counterpart;
}

/** A matrix of the same shape as the subject's. */
export interface Counterpart {
  readonly label: 'gradient' | 'value';
  readonly matrix: MatrixRef;
}

/** Identifies the subject, since a new object per call would make every redraw look like a change. */
export function subjectKey(subject: Subject | null): string {
  return subject ? JSON.stringify([matrixKey(subject.matrix), subject.title, subject.rows, subject.columns]) : '';
}

/** The last two dimensions of a tensor make a matrix. Tensors of rank 0 and 1 are one row. */
export function matrixShape(shape: readonly number[]): { rows: number; columns: number; leading: readonly number[] } {
  if (shape.length < 2) return { rows: 1, columns: shape[0] ?? 1, leading: [] };
  return { rows: shape.at(-2) ?? 1, columns: shape.at(-1) ?? 1, leading: shape.slice(0, -2) };
}

export function findTensor(description: SourceDescription, name: string | undefined): TensorInfo | undefined {
  return name === undefined ? undefined : description.tensors.find((tensor) => tensor.name === name);
}

interface TensorSubjectOptions {
  readonly title?: string;
  readonly slice?: readonly number[];
  readonly step?: number | undefined;
  /** The step whose magnitudes set the colours of all steps; by default the last. */
  readonly domainStep?: number | undefined;
  readonly rowLabel?: string | undefined;
  readonly columnLabel?: string | undefined;
  readonly rowBands?: readonly Band[];
  readonly columnBands?: readonly Band[];
  /** Swaps rows and columns, if the file stores the transpose of the matrix that is multiplied. */
  readonly transposed?: boolean | undefined;
  /** The value that a gradient belongs to. The gradient of a value is known from its tensor. */
  readonly gradientOf?: TensorInfo | undefined;
}

/** The subject of a stored tensor. A tensor without one value per step ignores the step. */
export function tensorSubject(tensor: TensorInfo, options: TensorSubjectOptions = {}): Subject {
  const stored = matrixShape(tensor.shape);
  const { rows, columns } = options.transposed ? { rows: stored.columns, columns: stored.rows } : stored;
  const { slice, rowBands, columnBands } = options;
  const step = tensor.stepped ? options.step : undefined;
  const base = {
    kind: 'tensor',
    name: tensor.name,
    ...(slice && slice.length > 0 && { slice }),
    ...(options.transposed && { transposed: true }),
  } as const;
  const matrix: MatrixRef = step === undefined ? base : { ...base, step };
  const beside = (label: Counterpart['label'], name: string): Counterpart => ({ label, matrix: { ...matrix, name } });
  return {
    matrix,
    title: options.title ?? tensor.name,
    name: tensor.name,
    dtype: tensor.dtype,
    rows,
    columns,
    rowLabel: options.rowLabel ?? 'row',
    columnLabel: options.columnLabel ?? 'column',
    ...(rowBands && { rowBands }),
    ...(columnBands && { columnBands }),
    ...(tensor.gradient !== undefined && { counterpart: beside('gradient', tensor.gradient) }),
    ...(options.gradientOf && { counterpart: beside('value', options.gradientOf.name) }),
    ...(step !== undefined && {
      domainOf: options.domainStep === undefined ? base : { ...base, step: options.domainStep },
    }),
  };
}
