/** The keys of every config. */

import type { Defaults } from './signature';
import { defaultsOf, signature } from './signature';

/** The first arguments of every config class, written as in the rows of `moduleClasses.ts`. */
export const COMMON_ARGUMENTS =
  'task_type peft_type auto_mapping peft_version base_model_name_or_path revision inference_mode=False';

export const COMMON_KEYS: Defaults = defaultsOf(signature(COMMON_ARGUMENTS));
