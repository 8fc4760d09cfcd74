/**
 * The one table of PEFT's keys and defaults. Whatever needs a key, a default or the name of a config class reads it:
 * the JSON schema, the checks, the calculator, the hover, the reader of Python programs, the counts and the scalings.
 */

import { ADALORA, LORA } from './loraClasses';
import * as moduleClasses from './moduleClasses';
import * as promptClasses from './promptClasses';

const { BONE, ...others } = { ADALORA, ...moduleClasses, ...promptClasses };

/** The rows by `peft_type`, in the order that users see: LoRA first, the removed method last. */
export const CONFIG_ROWS: readonly (readonly [peftType: string, row: string])[] = [
  ['LORA', LORA],
  ...Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1)),
  ['BONE', BONE],
];
