/** The definition of a PEFT method: the tensors that it adds to a module. Every count follows from them. */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { TargetMapping } from '../architectures/peftTargets';
import type { Module, ModuleTable } from '../moduleTable';
import type { ModuleKind } from '../rows';
import type { Dtype } from '../safetensorsSize';
import type { KeepRule, Sized } from './kept';

/** `trained` and `frozen` are parameters. A `buffer` is only in the file, or not saved at all. */
export type Role = 'trained' | 'frozen' | 'halfTrained' | 'buffer';

export interface Part {
  /** Relative to the module, as in the file: 'lora_A.weight'. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  readonly saved: boolean;
  /** 'base' is the type that the model is loaded in. */
  readonly dtype: Dtype | 'base';
  /** A second name in the file for a tensor that is in memory once and counted elsewhere. */
  readonly alias?: boolean;
}

/** The modules that a method adapts. */
export interface Targeting {
  /** The kinds of module that it can adapt. PEFT refuses the others. */
  readonly accepts: readonly ModuleKind[];
  /** PEFT's mapping of default targets, LoRA's if absent; `null` if the config must name its targets. */
  readonly mapping?: TargetMapping | null;
  /** Whether all linear layers are targets if the mapping has no entry for the model type. */
  readonly allLinearByDefault?: boolean;
}

export interface Method extends Targeting {
  /** `all` holds every adapted module and the model, for settings that depend on more than the module. */
  readonly parts: (module: Module, settings: AdapterSettings, all: Context) => readonly Part[];
  /** Tensors of the adapter as a whole. Their names follow 'base_model.'. */
  readonly shared?: (modules: readonly Module[], settings: AdapterSettings) => readonly Part[];
  readonly rank?: (module: Module, settings: AdapterSettings) => number;
  /** Throws if no config determines the count. Such a method may have no targets either. */
  readonly uncountable?: () => never;
  readonly warnings?: (settings: AdapterSettings) => readonly string[];
  /** Fills in settings whose defaults depend on the model. */
  readonly complete?: (model: ModuleTable, settings: AdapterSettings) => AdapterSettings;
  /** The method also adapts bare parameters (`target_parameters`) and both ends of a tied embedding. */
  readonly adaptsParameters?: boolean;
  /** The method trains copies of the modules in the base model's type. */
  readonly trainsCopies?: boolean;
  /** The config key of the rank; `r` if absent. */
  readonly rankKey?: string;
  /** What the forward pass of an adapted module keeps; absent if it is not modelled. */
  readonly keeps?: KeepRule;
  /** Bytes of buffers that PEFT holds beside a module's parameters and saves in no file. */
  readonly residentBytes?: (adapted: Sized) => number;
  /** Values of weight-sized buffers that are alive while one module's backward pass runs. */
  readonly buffers?: (adapted: Sized) => number;
}

export interface Context {
  readonly modules: readonly Module[];
  readonly model: Pick<ModuleTable, 'modules'>;
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
/** A parameter that is saved but not trained. */
export const frozen = (name: string, ...shape: readonly number[]): Part => part('frozen', name, shape);
/** A saved tensor that is not a parameter. */
export const stored = (name: string, ...shape: readonly number[]): Part => part('buffer', name, shape);
export const storedAs = (dtype: Dtype, name: string, ...shape: readonly number[]): Part =>
  part('buffer', name, shape, dtype);
/** A part in the base model's type, which PEFT does not convert. */
export const asBase = (each: Part): Part => ({ ...each, dtype: 'base' });
/** Converting the adapter to half precision creates new parameters, which are trained. */
export const trainedInHalf = (each: Part): Part => ({ ...each, role: 'halfTrained' });
export const unsaved = (each: Part): Part => ({ ...each, saved: false });
/** A second name in the file for a tensor that is counted elsewhere. */
export const again = (each: Part): Part => ({ ...each, role: 'buffer', alias: true });

/** Linear layers, including GPT-2's `conv1d`. */
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

/** The rank of methods that have one rank for all modules. */
export const uniformRank = (_: Module, settings: AdapterSettings): number => settings.count('r');

export function kernelSize({ kernel }: Module): number {
  return (kernel ?? []).reduce((product, size) => product * size, 1);
}
