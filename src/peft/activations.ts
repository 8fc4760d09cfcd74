/**
 * The activation functions of feed-forward layers, each with its derivative, in double precision.
 *
 *     relu(x) = max(0, x)
 *     gelu(x) = x·Φ(x)                   Φ is the normal distribution function (Hendrycks and Gimpel 2016)
 *     geluTanh(x) = x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))           the approximation in the same paper
 *     silu(x) = x·σ(x)                   σ is the logistic function; SwiGLU gates with it (Shazeer 2020)
 */

import type { ScalarFunction } from '../tensor/layers/gatedUnit';

const SQRT_HALF = Math.SQRT1_2;
const INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
const SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** The derivative at 0 is 0, as PyTorch has it. */
export const relu: ScalarFunction = {
  value: (x) => (x > 0 ? x : 0),
  derivative: (x) => (x > 0 ? 1 : 0),
};

export const gelu: ScalarFunction = {
  value: (x) => x * normalCdf(x),
  derivative: (x) => normalCdf(x) + x * INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * x * x),
};

export const geluTanh: ScalarFunction = {
  value: (x) => 0.5 * x * (1 + Math.tanh(SQRT_TWO_OVER_PI * (x + CUBIC * x ** 3))),
  derivative: (x) => {
    const t = Math.tanh(SQRT_TWO_OVER_PI * (x + CUBIC * x ** 3));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SQRT_TWO_OVER_PI * (1 + 3 * CUBIC * x * x);
  },
};

export const silu: ScalarFunction = {
  value: (x) => x * sigmoid(x),
  derivative: (x) => {
    const s = sigmoid(x);
    return s * (1 + x * (1 - s));
  },
  kernel: 'silu',
};

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function normalCdf(x: number): number {
  return x < 0 ? 0.5 * erfc(-x * SQRT_HALF) : 1 - 0.5 * erfc(x * SQRT_HALF);
}

/** Above this the continued fraction needs fewer terms than the series. */
const SERIES_LIMIT = 2.5;
/** Terms of the continued fraction that give 1e-15 above the limit. */
const FRACTION_TERMS = 60;

/** 1 - erf(x) for x of at least 0, by the series of erf near 0 and the continued fraction of Laplace beyond. */
function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < SERIES_LIMIT) {
    // erf(x) = 2/√π · exp(-x²) · Σ 2ⁿ·x²ⁿ⁺¹ / (2n+1)!!, whose terms are all positive.
    let term = x;
    let sum = x;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let tail = x;
  for (let n = FRACTION_TERMS; n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
}
