/** The loss, the logits and the gradients of a language model on a batch, without dropout. */

import { ShapeError } from '../tensor/errors';
import { Tensor } from '../tensor/tensor';
import { createBatch } from './batch';
import type { ModelOptions } from './openModel';
import { openModel } from './openModel';
import { detached } from './parameter';

export interface TokensAndLabels {
  /** Token ids, a list for each sequence. */
  readonly tokens: readonly (readonly number[])[];
  /** A label for each token: the token itself if the one before it must predict it, or -100. */
  readonly labels: readonly (readonly number[])[];
}

export type EvaluateOptions = ModelOptions & TokensAndLabels;

export interface Evaluation {
  /** Mean cross-entropy of the labels that are not -100; NaN if there is none. */
  readonly loss: number;
  /** (batch, tokens, vocabulary). Virtual tokens are left out. */
  readonly logits: Tensor;
  /** Gradients by the names of the adapter's tensors, or of the model's own without an adapter. */
  readonly gradients: Record<string, Tensor>;
}

/** @throws the errors of `openModel`; ShapeError if the sequences differ in length. */
export function evaluateModel(options: EvaluateOptions): Evaluation {
  const { tokens, labels } = options;
  const length = tokens[0]?.length ?? 0;
  const uneven = tokens.find((sequence) => sequence.length !== length);
  if (uneven) throw new ShapeError('evaluateModel: tokens', `sequences of ${length} tokens`, `${uneven.length}`);
  const { model } = openModel(options, null);
  try {
    const { promptLength, prefixLength } = model.parts;
    const { vocabulary } = model;
    const batch = createBatch({ tokens, labels, vocabulary, promptLength, prefixLength, trimmed: false });
    const { loss, logits } = model.evaluate(batch);
    const ownLogits = Tensor.zeros([tokens.length, length, vocabulary]);
    const [size, skipped] = [length * vocabulary, promptLength * vocabulary];
    for (let item = 0; item < tokens.length; item++) {
      const start = item * (size + skipped) + skipped;
      ownLogits.data.set(logits.data.subarray(start, start + size), item * size);
    }
    const gradients = Object.fromEntries(model.trained.map(({ name, grad }) => [name, detached(grad!)]));
    return { loss, logits: ownLogits, gradients };
  } finally {
    model.workspace.dispose();
  }
}
