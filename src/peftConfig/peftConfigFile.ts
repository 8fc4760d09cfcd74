/** The content of adapter_config.json as PEFT saves it: every field of the method, with its default if nobody set it. */

import { COMMON_KEYS } from './commonKeys';
import type { RawConfig } from './configValues';
import { defaultsOf, readRow } from './signature';

/** The PEFT version whose fields and defaults are written. */
const PEFT_VERSION = '0.21.0';

/**
 * @param row the method's row of the table of config classes (`configTable.ts`).
 * @param given the fields that were set, `peft_type` among them.
 */
export function savedPeftConfig(row: string, given: RawConfig): RawConfig {
  const { runtime_config: _neverSaved, ...own } = defaultsOf(readRow(row).fields);
  const saved = { inference_mode: true, peft_version: PEFT_VERSION };
  return { ...COMMON_KEYS, ...own, ...given, ...saved };
}
