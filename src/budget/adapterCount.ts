/**
 * Counts what a PEFT config adds to a model, as PEFT 0.21 does with transformers 5. It lists every tensor of the
 * adapter. The trained parameters, the total, the file size and the rows by module follow from the list.
 */

import { modulesToSave } from './adapterTargets';
import { trainedModules } from './adapterExtras';
import { UnknownMethodError } from './errors';
import { replicateLayers } from './layerReplication';
import { methodOf } from './methods/registry';
import type { ModuleTable } from './moduleTable';
import { OTHER_METHODS } from './otherMethods';
import { checkedSettings } from '../peftConfig/adapterRules';
import { AdapterSettings } from '../peftConfig/adapterSettings';
import type { RawConfig } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import { promptMethodOf } from './promptMethods';
import type { AdapterCount } from './sheet';
import { PROMPT_PREFIX, Sheet } from './sheet';
import { countTuner } from './tunerCount';

/** Throws a `BudgetError` if PEFT would refuse the config, or if it cannot be counted. */
export function countAdapter(model: ModuleTable, config: RawConfig): AdapterCount {
  const given = new AdapterSettings(config);
  const type = given.method;
  const { settings, ignored } = checkedSettings(given, type);
  const sheet = new Sheet(model);
  if (ignored.length > 0)
    sheet.warnings.push(`${type} does not have these keys, and PEFT ignores them: ${ignored.slice(0, 8).join(', ')}.`);
  const prompt = promptMethodOf(type);
  const method = methodOf(type);
  const other = Object.hasOwn(OTHER_METHODS, type) ? OTHER_METHODS[type] : undefined;
  if (prompt) {
    sheet.add('prompt_encoder', null, prompt.parts(model.shape, settings), '');
    sheet.copy(trainedModules(model, modulesToSave(settings), false), PROMPT_PREFIX);
  } else if (method) countTuner(sheet, type, method, replicateLayers(model, settings), settings);
  else if (other) other(sheet, model, settings);
  else {
    if (type === '') throw new ConfigError('peft_type', settings.raw('peft_type'), 'the name of a PEFT method');
    throw new UnknownMethodError(`peft_type '${type.slice(0, 40)}' has no counting rule`);
  }
  return sheet.total();
}
