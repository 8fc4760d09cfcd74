/** What a table of a PEFT method holds: the tensors that it adds to a module, from which every count follows. */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { Module } from '../moduleTable';
import type { ModuleKind } from '../rows';
import type { Dtype } from '../safetensorsSize';

/** `trained` and `frozen` are parameters; a `buffer` is in the file alone, or nowhere. */
export type Role = 'trained' | 'frozen' | 'halfTrained' | 'buffer';

export interface Part {
  /** Relative to the module, as in the file: 'lora_A.weight'. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  readonly saved: boolean;
  /** 'base' is the type that the model is loaded in. */
  readonly dtype: Dtype | 'base';
  /** Another name in the file for what is in memory once, and counted elsewhere. */
  readonly alias?: boolean;
}

export interface Method {
  /** What it can adapt; PEFT refuses the rest. */
  readonly accepts: readonly ModuleKind[];
  /** For settings that depend on the whole, `modules` are all that are adapted. */
  readonly parts: (module: Module, settings: AdapterSettings, modules: readonly Module[]) => readonly Part[];
  /** Tensors of the adapter as a whole; their names follow 'base_model.'. */
  readonly shared?: (modules: readonly Module[], settings: AdapterSettings) => readonly Part[];
  readonly rank?: (module: Module, settings: AdapterSettings) => number;
  /** Throws where no config says the count; it may have no targets either. */
  readonly uncountable?: () => never;
  readonly warnings?: (settings: AdapterSettings) => readonly string[];
}

const part = (
  role: Role,
  name: string,
  shape: readonly number[],
  dtype: Part['dtype'] = 'F32',
  saved = true,
): Part => ({
  name,
  shape,
  role,
  saved,
  dtype,
});

export const trained = (name: string, ...shape: readonly number[]): Part => part('trained', name, shape);
/** A parameter that is in the file but is not trained. */
export const frozen = (name: string, ...shape: readonly number[]): Part => part('frozen', name, shape);
/** In the file, but no parameter. */
export const stored = (name: string, ...shape: readonly number[]): Part => part('buffer', name, shape);
export const storedAs = (dtype: Dtype, name: string, ...shape: readonly number[]): Part =>
  part('buffer', name, shape, dtype);
/** In the base's type, which PEFT leaves as it is. */
export const asBase = (each: Part): Part => ({ ...each, dtype: 'base' });
/** In half precision moving the adapter makes new parameters, which then are trained. */
export const trainedInHalf = (each: Part): Part => ({ ...each, role: 'halfTrained' });
export const unsaved = (each: Part): Part => ({ ...each, saved: false });
/** As trained or not, a second name in the file for a tensor that is counted elsewhere. */
export const again = (each: Part): Part => ({ ...each, role: 'buffer', alias: true });

/** `linear` and GPT-2's `conv1d`. */
export const LINEAR_AND_CONV1D: readonly ModuleKind[] = ['linear', 'conv1d'];
export const EVERY_KIND: readonly ModuleKind[] = [
  'linear',
  'conv1d',
  'embedding',
  'norm',
  'conv',
  'multihead',
  'parameters',
];
export const LINEAR: readonly ModuleKind[] = ['linear'];
export const LINEAR_AND_CONV: readonly ModuleKind[] = ['linear', 'conv'];

export function kernelSize({ kernel }: Module): number {
  return (kernel ?? []).reduce((product, size) => product * size, 1);
}
