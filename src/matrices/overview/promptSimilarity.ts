/** Compares the tokens of a soft prompt with each other. */

import { rowMajor } from '../../checkpoint/adapters/factorLayout';
import { CheckpointError } from '../../checkpoint/errors';
import type { MatrixReader } from '../matrixReader';
import { MemoryMatrix } from '../memoryMatrix';
import { Pacer } from '../../checkpoint/pacer';
import { readMatrix } from './readMatrix';

/** Euclidean norms of the rows of `prompt`, which is (tokens, width), row-major. */
export function tokenNorms(prompt: Float64Array, tokens: number): Float64Array {
  const width = prompt.length / tokens;
  return Float64Array.from({ length: tokens }, (_, token) => {
    let squares = 0;
    for (let i = token * width; i < (token + 1) * width; i++) squares += prompt[i]! ** 2;
    return Math.sqrt(squares);
  });
}

/** Tokens that are compared with each other, a second of work. Soft prompts in use have up to some hundred. */
const MAX_COMPARED = 512;

/**
 * Cosines between the rows of `prompt`, (tokens, tokens). A token of zeros has no direction: its cosines, including that
 * with itself, are NaN. Rejects with `CheckpointError` TooLarge for more than 512 tokens.
 */
export async function similarityMatrix(
  prompt: MatrixReader,
  name: string,
  signal?: AbortSignal,
): Promise<MatrixReader> {
  const { rows: tokens, columns: width } = prompt;
  if (tokens > MAX_COMPARED) {
    const message = `${tokens} tokens are too many to compare with each other, at most ${MAX_COMPARED}`;
    throw new CheckpointError('TooLarge', message, name);
  }
  const values = await readMatrix(prompt, name, signal);
  const norms = tokenNorms(values, tokens);
  const pacer = new Pacer(signal);
  const cosines = new Float64Array(tokens * tokens);
  for (let a = 0; a < tokens; a++) {
    await pacer.pause();
    for (let b = a; b < tokens; b++) {
      const scale = norms[a]! * norms[b]!;
      const cosine = scale === 0 ? NaN : Math.max(-1, Math.min(1, product(values, a, b, width) / scale));
      cosines[a * tokens + b] = cosine;
      cosines[b * tokens + a] = cosine;
    }
  }
  return new MemoryMatrix(cosines, rowMajor(tokens, tokens), 'computed', async (row, column) => {
    const value = cosines[row * tokens + column]!;
    return { value, text: String(value), index: [row, column] };
  });
}

function product(values: Float64Array, a: number, b: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += values[a * width + i]! * values[b * width + i]!;
  return sum;
}
