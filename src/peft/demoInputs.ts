/**
 * The synthetic model that the demo adapts. Real weights and activations are not white noise: a few features are much
 * larger than the rest, neighbouring tokens are correlated, and attention heads look back by a characteristic distance.
 * This file generates numbers with those traits, reproducibly from a seeded source.
 */

import { matmulNT } from '../tensor/matmul';
import { addScaled } from '../tensor/elementwise';
import { normalRandom } from '../tensor/random';
import type { Random } from '../tensor/random';
import { Tensor } from '../tensor/tensor';

/** Fraction of a weight's input columns that are much stronger than the others. */
const STRONG_COLUMNS = 0.02;

/**
 * A frozen weight (outFeatures, inFeatures): normal entries of variance about 1 / inFeatures, scaled by row and by
 * column, with a few strong input columns, plus a smooth low-rank component.
 */
export function pretrainedWeight(outFeatures: number, inFeatures: number, random: Random): Tensor {
  const normal = normalRandom(random);
  const rowStrength = Array.from({ length: outFeatures }, () => Math.exp(0.25 * normal()));
  const columnStrength = Array.from({ length: inFeatures }, () => {
    return Math.exp(0.25 * normal()) * (random() < STRONG_COLUMNS ? 2.5 : 1);
  });
  const weight = Tensor.randn([outFeatures, inFeatures], random, 1 / Math.sqrt(inFeatures));
  for (let i = 0; i < weight.size; i++) {
    weight.data[i] = weight.data[i]! * rowStrength[Math.floor(i / inFeatures)]! * columnStrength[i % inFeatures]!;
  }
  const ground = matmulNT(smoothProfiles(outFeatures, 6, random), smoothProfiles(inFeatures, 6, random));
  return addScaled(weight, ground, 0.35 / Math.sqrt(inFeatures));
}

/** Rank of the planted change, which is a sum of this many outer products. */
export const PLANTED_RANK = 4;

/**
 * The change ΔW* (outFeatures, inFeatures) that training should recover: a broad wave, a finer wave across it and two
 * blocks with soft edges, of rank 4 in all. The largest entries are about `amplitude`.
 */
export function plantedChange(outFeatures: number, inFeatures: number, amplitude: number): Tensor {
  const rows = Tensor.zeros([outFeatures, PLANTED_RANK]);
  const columns = Tensor.zeros([inFeatures, PLANTED_RANK]);
  fillColumns(rows, [
    (t) => 0.8 * Math.sin(2 * Math.PI * t),
    (t) => 0.5 * Math.sin(2 * Math.PI * (3 * t + 0.15)),
    (t) => block(t, 0.12, 0.34),
    (t) => -0.9 * block(t, 0.62, 0.9),
  ]);
  fillColumns(columns, [
    (t) => Math.cos(2 * Math.PI * 1.5 * t),
    (t) => Math.sin(2 * Math.PI * (4 * t + 0.4)),
    (t) => block(t, 0.55, 0.85),
    (t) => block(t, 0.1, 0.3),
  ]);
  for (let i = 0; i < rows.size; i++) rows.data[i] = rows.data[i]! * amplitude;
  return matmulNT(rows, columns);
}

/**
 * Hidden states (batch, tokens, features) of variance about 1, in which each token is correlated with the previous one.
 */
export function hiddenStates(batch: number, tokens: number, features: number, random: Random): Tensor {
  const keep = 0.6;
  const states = Tensor.randn([batch, tokens, features], random);
  const fresh = Math.sqrt(1 - keep * keep);
  for (let item = 0; item < batch; item++) {
    for (let i = features; i < tokens * features; i++) {
      const at = item * tokens * features + i;
      states.data[at] = keep * states.data[at - features]! + fresh * states.data[at]!;
    }
  }
  return states;
}

/**
 * Queries and keys (batch, heads, tokens, dHead) for heads that look back by different distances: the query of head h
 * resembles the key h mod 4 tokens earlier. Later heads attend more sharply.
 */
export function queriesAndKeys(
  batch: number,
  heads: number,
  tokens: number,
  dHead: number,
  random: Random,
): { query: Tensor; key: Tensor } {
  const key = hiddenStates(batch * heads, tokens, dHead, random).reshape([batch, heads, tokens, dHead]);
  const query = Tensor.randn([batch, heads, tokens, dHead], random, 0.4);
  for (let row = 0; row < batch * heads * tokens; row++) {
    const head = Math.floor(row / tokens) % heads;
    const back = Math.min(head % 4, row % tokens);
    const sharpness = 0.3 + (0.5 * head) / heads;
    for (let d = 0; d < dHead; d++) {
      const at = row * dHead + d;
      query.data[at] = query.data[at]! + sharpness * key.data[at - back * dHead]!;
    }
  }
  return { query, key };
}

/** Waves (count, length) of the given amplitude, each finer than the one before, with random phases. */
export function waves(count: number, length: number, amplitude: number, random: Random): Tensor {
  const rows = Tensor.zeros([count, length]);
  for (let row = 0; row < count; row++) {
    const [frequency, phase] = [1 + row / 2, random()];
    for (let i = 0; i < length; i++)
      rows.data[row * length + i] = amplitude * Math.sin(2 * Math.PI * ((frequency * i) / length + phase));
  }
  return rows;
}

/** Smooth random curves as the columns of (length, count), each finer and fainter than the one before. */
function smoothProfiles(length: number, count: number, random: Random): Tensor {
  const curves = Array.from({ length: count }, (_, c) => {
    const [frequency, phase] = [0.5 + c * (0.5 + random()), random()];
    return (t: number) => Math.sin(2 * Math.PI * (frequency * t + phase)) / (1 + 0.4 * c);
  });
  const profiles = Tensor.zeros([length, count]);
  fillColumns(profiles, curves);
  return profiles;
}

function fillColumns(matrix: Tensor, curves: readonly ((t: number) => number)[]): void {
  const rows = matrix.size / curves.length;
  curves.forEach((curve, column) => {
    for (let i = 0; i < rows; i++) matrix.data[i * curves.length + column] = curve((i + 0.5) / rows);
  });
}

/** A pulse with soft edges: about 1 between `from` and `to`, about 0 outside. */
function block(t: number, from: number, to: number): number {
  const softness = 0.012;
  return 1 / (1 + Math.exp((from - t) / softness)) - 1 / (1 + Math.exp((to - t) / softness));
}
