/** The tensors of one adapted module. */

import type { TensorEntry } from '../header';
import type { TensorName } from './tensorNames';
import type { TensorStyle } from './tensorRoles';

export interface PartTensor {
  readonly name: TensorName;
  readonly entry: TensorEntry;
}

export interface AdapterPart {
  /** Path in the base model, followed by the adapter's name if a file holds several; '' for shared tensors. */
  readonly module: string;
  /** PEFT's name for the method: 'LORA', 'LOHA', ... */
  method: string;
  style: TensorStyle;
  /** Keyed by `TensorName.part`. */
  readonly tensors: Map<string, PartTensor>;
}
