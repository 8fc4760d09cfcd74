/** The matrices of one LoRA module as subjects: A, B and the matrix in the corner where they meet. */

import type { LoraModuleInfo, SourceDescription, TensorInfo } from '../../../src/protocol/source';
import type { InspectorState } from './state';
import type { Subject } from './subject';
import { findTensor, tensorSubject } from './subject';

export type Corner = InspectorState['corner'];

interface LoraSubjects {
  readonly a: Subject | null;
  readonly b: Subject | null;
  readonly corner: Subject | null;
}

/** The largest rank that the change of the weight can have. */
export function largestRank({ rank, inFeatures, outFeatures }: LoraModuleInfo): number {
  return Math.min(rank, inFeatures, outFeatures);
}

/** `step` is set only if the source records training. */
export function loraSubjects(
  description: SourceDescription,
  info: LoraModuleInfo,
  corner: Corner,
  gradients: boolean,
  step: number | undefined,
): LoraSubjects {
  const factor = (part: 'a' | 'b'): Subject | null => {
    // A product of another form has no A and B. `structureSubjects` has its factors.
    if (info.structure) return null;
    const value = findTensor(description, info[part]);
    const letter = part === 'a' ? 'A' : 'B';
    const labels = part === 'a' ? { rowLabel: 'k', columnLabel: 'in' } : { rowLabel: 'out', columnLabel: 'k' };
    if (info.reshaped && info.unavailable === undefined) return factorSubject(info, value, part, letter, labels);
    const tensor = gradients ? findTensor(description, value?.gradient) : value;
    if (!tensor) return null;
    // Gradients shrink during training, and the gradient of A is zero while B is. They are largest after the first
    // steps.
    const domainStep = gradients ? description.trainings?.lora.recordedSteps[1] : undefined;
    const title = gradients ? `∂loss/∂${letter}` : letter;
    return tensorSubject(tensor, { title, step, domainStep, gradientOf: gradients ? value : undefined, ...labels });
  };
  return {
    a: factor('a'),
    b: factor('b'),
    corner: cornerSubject(description, info, corner, step),
  };
}

function factorSubject(
  info: LoraModuleInfo,
  stored: TensorInfo | undefined,
  part: 'a' | 'b',
  title: string,
  labels: { rowLabel: string; columnLabel: string },
): Subject {
  return {
    matrix: { kind: 'factor', module: info.module, part },
    title,
    // A method may store A or B as it is and have the other computed.
    name: stored?.name ?? `${title} of ${info.module}`,
    dtype: stored?.dtype ?? 'computed',
    rows: part === 'a' ? info.rank : info.outFeatures,
    columns: part === 'a' ? info.inFeatures : info.rank,
    ...labels,
  };
}

function cornerSubject(
  description: SourceDescription,
  info: LoraModuleInfo,
  corner: Corner,
  step: number | undefined,
): Subject | null {
  const shape = { rows: info.outFeatures, columns: info.inFeatures, rowLabel: 'out', columnLabel: 'in' };
  if (corner === 'weight') {
    const weight = findTensor(description, info.weight);
    return weight ? tensorSubject(weight, { title: 'W', rowLabel: 'out', columnLabel: 'in' }) : null;
  }
  if (info.unavailable !== undefined) return null;
  const stepped = step !== undefined && findTensor(description, info.a)?.stepped !== undefined;
  const base = { kind: corner, module: info.module } as const;
  const title = corner === 'delta' ? 'ΔW' : 'W + ΔW';
  return {
    matrix: stepped ? { ...base, step } : base,
    title,
    name: `${title} of ${info.module}`,
    dtype: 'computed',
    ...shape,
    ...(stepped && { domainOf: base }),
  };
}

export function hasGradients(description: SourceDescription, info: LoraModuleInfo): boolean {
  const gradientOf = (name: string): TensorInfo | undefined =>
    findTensor(description, findTensor(description, name)?.gradient);
  return gradientOf(info.a) !== undefined && gradientOf(info.b) !== undefined;
}
