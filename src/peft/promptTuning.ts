/**
 * Prompt tuning (Lester, Al-Rfou and Constant 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning",
 * arXiv:2104.08691): learned embeddings are prepended to the embeddings of the input. The model itself stays unchanged.
 *
 *     output = [prompt; input]     along the sequence, with the same prompt for every batch item
 *
 *     prompt (promptLength, dModel) starts as N(0, 0.01²), or as embeddings sampled from the vocabulary
 *
 * The prompt has promptLength·dModel trainable parameters.
 *
 * Left out: the paper's third initialisation, the embeddings of the class labels.
 */

import { ArgumentError, checkPositiveInteger, describeValue, ShapeError, StateError } from '../tensor/errors';
import { seededRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { checkShape, flattenTokens, formatShape, Tensor } from '../tensor/tensor';

/** Standard deviation of the initial prompt. */
const INITIAL_DEVIATION = 0.01;

export interface PromptTuningOptions {
  readonly dModel: number;
  /** Default 20. */
  readonly promptLength?: number;
  /**
   * Embedding table (vocabulary, dModel) from which the prompt's rows are sampled, with replacement. Absent by default.
   */
  readonly initFromVocab?: Tensor | null | undefined;
  /** Source of the initial prompt or of the sampled rows. By default it has a fixed seed. */
  readonly random?: Random;
}

/** `prompt` may be replaced, and its `data` may be written. Its shape is checked on every use. */
export class PromptTuning {
  readonly dModel: number;
  readonly promptLength: number;
  /** (promptLength, dModel). */
  prompt: Tensor;
  /** The gradient from the last backward pass, in the shape of `prompt`. `null` before the first one. */
  gradPrompt: Tensor | null = null;
  /** Shape of the last input, `null` before the first forward pass. The gradient does not depend on the values. */
  cache: { readonly inputShape: readonly number[] } | null = null;

  /** @throws ArgumentError if a size is not a positive integer; ShapeError if the vocabulary has another dModel. */
  constructor({ dModel, promptLength = 20, initFromVocab = null, random = seededRandom() }: PromptTuningOptions) {
    checkPositiveInteger('PromptTuning: dModel', dModel);
    checkPositiveInteger('PromptTuning: promptLength', promptLength);
    this.dModel = dModel;
    this.promptLength = promptLength;
    this.prompt =
      initFromVocab === null
        ? Tensor.randn([promptLength, dModel], random, INITIAL_DEVIATION)
        : drawRows(initFromVocab, promptLength, dModel, random);
  }

  /**
   * Prepends the prompt to every sequence.
   * @param inputEmbeds (batch, sequence, dModel), or one sequence (sequence, dModel).
   * @returns the shape of inputEmbeds with promptLength + sequence in place of sequence.
   * @throws ShapeError
   */
  forward(inputEmbeds: Tensor): Tensor {
    const tokens = flattenTokens('PromptTuning.forward: inputEmbeds', inputEmbeds, this.dModel);
    checkShape('PromptTuning.forward: prompt', this.prompt, [this.promptLength, this.dModel]);
    const { batch, sequence } = sequenceSizes(inputEmbeds.shape);
    const output = Tensor.zeros(this.outputShape(inputEmbeds.shape));
    const inputSize = sequence * this.dModel;
    const outputSize = this.prompt.size + inputSize;
    for (let item = 0; item < batch; item++) {
      output.data.set(this.prompt.data, item * outputSize);
      const sequenceData = tokens.data.subarray(item * inputSize, (item + 1) * inputSize);
      output.data.set(sequenceData, item * outputSize + this.prompt.size);
    }
    this.cache = { inputShape: inputEmbeds.shape };
    return output;
  }

  /**
   * Computes `gradPrompt` from the gradient of the loss with respect to the last output. Every batch item has the same
   * prompt, so `gradPrompt` is a sum over the batch.
   * @returns the gradient with respect to the last input.
   * @throws StateError before the first forward pass; ShapeError if gradOutput does not have the shape of the output.
   */
  backward(gradOutput: Tensor): Tensor {
    if (!this.cache) throw new StateError('PromptTuning.backward', 'a forward pass first', 'none');
    const { inputShape } = this.cache;
    checkShape('PromptTuning.backward: gradOutput', gradOutput, this.outputShape(inputShape));
    const { batch, sequence } = sequenceSizes(inputShape);
    const promptSize = this.promptLength * this.dModel;
    const inputSize = sequence * this.dModel;
    const outputSize = promptSize + inputSize;
    const sums = new Float64Array(promptSize); // double precision, so that large batches lose nothing
    const gradInput = Tensor.zeros(inputShape);
    for (let item = 0; item < batch; item++) {
      const start = item * outputSize;
      for (let i = 0; i < promptSize; i++) sums[i] = sums[i]! + gradOutput.data[start + i]!;
      gradInput.data.set(gradOutput.data.subarray(start + promptSize, start + outputSize), item * inputSize);
    }
    this.gradPrompt = Tensor.fromArray(sums, [this.promptLength, this.dModel]);
    return gradInput;
  }

  /** promptLength·dModel. */
  numParameters(): number {
    return this.prompt.size;
  }

  private outputShape(inputShape: readonly number[]): number[] {
    const { sequence } = sequenceSizes(inputShape);
    return [...inputShape.slice(0, -2), this.promptLength + sequence, this.dModel];
  }
}

/** Takes the shape (batch, sequence, dModel) or (sequence, dModel). */
function sequenceSizes(shape: readonly number[]): { batch: number; sequence: number } {
  return shape.length === 3 ? { batch: shape[0]!, sequence: shape[1]! } : { batch: 1, sequence: shape[0]! };
}

function drawRows(vocabulary: Tensor, count: number, dModel: number, random: Random): Tensor {
  const where = 'PromptTuning: initFromVocab';
  const expected = `shape (vocabulary, ${dModel})`;
  if (!(vocabulary instanceof Tensor)) throw new ShapeError(where, expected, describeValue(vocabulary));
  const [words, features] = vocabulary.shape;
  if (vocabulary.rank !== 2 || features !== dModel || !words) {
    throw new ShapeError(where, expected, formatShape(vocabulary.shape));
  }
  const prompt = Tensor.zeros([count, dModel]);
  for (let i = 0; i < count; i++) {
    const word = Math.floor(random() * words);
    if (!(word >= 0 && word < words)) {
      throw new ArgumentError('PromptTuning: random', 'numbers in [0, 1)', String(word / words));
    }
    prompt.data.set(vocabulary.data.subarray(word * dModel, (word + 1) * dModel), i * dModel);
  }
  return prompt;
}
