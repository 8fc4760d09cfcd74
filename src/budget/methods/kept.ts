/**
 * What a method keeps of a linear layer's forward pass for its backward pass, in addition to what the layer keeps.
 *
 * Each rule comes from PEFT 0.21. The storages that remained after the forward pass of one adapted layer were recorded.
 * i and o are the layer's sizes, r is the rank; "cast" is the input in the adapter's type.
 */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { Module } from '../moduleTable';

/** What a rule may keep. Sizes are counts of values unless they say bytes. */
export interface Keeper {
  /** The layer's input in the adapter's type: a copy, unless the input has that type already. */
  cast(): void;
  /** The layer's input in its own type. */
  input(): void;
  /** The frozen layer's output, in the type of the activations. */
  output(): void;
  /** Values in the adapter's type for each token. */
  token(values: number): void;
  /** Bytes for each token, for masks. */
  tokenBytes(bytes: number): void;
  /** Values in the adapter's type, once for the layer. */
  weight(values: number): void;
  /** Values in the activations' type, once for the layer. */
  baseWeight(values: number): void;
}

/** A module with its adapter. */
export interface Adapted {
  readonly module: Module;
  readonly rank: number;
  /** Parameters trained at this module. */
  readonly trainable: number;
  readonly settings: AdapterSettings;
}

/** An adapted module with its sizes under their usual letters. */
export interface Sized extends Adapted {
  readonly i: number;
  readonly o: number;
  readonly r: number;
}

export type KeepRule = (keep: Keeper, adapted: Sized) => void;

export function sized(adapted: Adapted): Sized {
  const { module, rank } = adapted;
  return { ...adapted, i: module.inFeatures, o: module.outFeatures, r: Math.max(1, rank) };
}

/** The rule of methods that build one or more complete new weights and multiply by them. */
export const wholeWeights =
  (weights: number): KeepRule =>
  (keep, { i, o }) => {
    keep.weight(weights * o * i);
    keep.cast();
  };

/** Values of a new weight and its gradient, which exist together in the backward pass. */
export const weightAndGradient = ({ i, o }: Sized): number => 2 * i * o;
