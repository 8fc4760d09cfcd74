/** Methods that neither adapt targeted modules nor add virtual tokens. Each has a count of its own. */

import { adaptionTypes, factsOf } from './architectures';
import { checkTokens, tokenCount, tokenWidth, trainedModules } from './adapterExtras';
import { isTied } from './moduleTable';
import { modulesToSave, selectTargets, withContainers } from './adapterTargets';
import { TargetError } from './errors';
import { asBase, trained } from './methods/method';
import type { ModuleTable } from './moduleTable';
import { AdapterSettings } from '../peftConfig/adapterSettings';
import { BudgetError } from '../peftConfig/errors';
import { shadowParts, shadowTargets } from './shadow';
import type { Sheet } from './sheet';
import { TUNER_PREFIX } from './sheet';

type Count = (sheet: Sheet, model: ModuleTable, settings: AdapterSettings) => void;

function countTokens(sheet: Sheet, model: ModuleTable, settings: AdapterSettings): void {
  const count = tokenCount('token_indices', settings.raw('token_indices') ?? []);
  const usual = lastName(model.inputEmbedding ?? 'embed_tokens');
  const target =
    settings.raw('target_modules') === null
      ? new AdapterSettings({ ...settings.config, target_modules: [usual] })
      : settings;
  const modules = selectTargets(model, target, 'TRAINABLE_TOKENS', { accepts: ['embedding', 'linear'] }, null);
  for (const module of modules) {
    checkTokens('token_indices', settings.raw('token_indices'), module);
    const part = trained('trainable_tokens_delta', count, tokenWidth(module));
    sheet.add(module.name, null, [part], `${TUNER_PREFIX}${module.name}.`);
    // Modules that share the weight share the new values. The file repeats them.
    const sharing =
      module.name === model.inputEmbedding && isTied(model) ? model.modules.filter(({ tied }) => tied) : [];
    for (const { name } of sharing)
      sheet.add(module.name, null, [{ ...part, role: 'buffer' }], `${TUNER_PREFIX}${name}.`);
  }
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** LLaMA-Adapter (Zhang et al. 2023): a prompt and a gate in the attention of the last layers. */
function countAdaptionPrompt(sheet: Sheet, model: ModuleTable, settings: AdapterSettings): void {
  const { modelType, hiddenSize } = model.shape;
  const usual = factsOf(modelType).adaptionTarget;
  if (!usual) throw new BudgetError(`ADAPTION_PROMPT supports ${adaptionTypes().join(', ')}, not ${modelType}`);
  const target = settings.text('target_modules') ?? usual;
  const holders = withContainers(model).filter(({ name }) => name.endsWith(`.${target}`));
  const wanted = settings.count('adapter_layers');
  const length = settings.count('adapter_len');
  if (holders.length < wanted)
    throw new TargetError(`adapter_layers ${wanted} exceeds the ${holders.length} modules named '${target}'`);
  for (const { name } of holders.slice(-wanted)) {
    const parts = [trained('adaption_prompt', 1, length, hiddenSize), trained('adaption_gate', 1)];
    sheet.add(name, null, parts.map(asBase), `${TUNER_PREFIX}${name}.`);
  }
}

function countShadow(sheet: Sheet, model: ModuleTable, settings: AdapterSettings): void {
  const modules = shadowTargets(model, settings);
  const { perModule, backbone } = shadowParts(model, settings);
  for (const { name } of modules) sheet.add(name, settings.count('r'), perModule, `${TUNER_PREFIX}${name}.`);
  for (const { module, parts } of backbone) sheet.add(module, null, parts, 'base_model.');
  sheet.copy(trainedModules(model, modulesToSave(settings), false), TUNER_PREFIX);
}

export const OTHER_METHODS: Readonly<Record<string, Count>> = {
  TRAINABLE_TOKENS: countTokens,
  ADAPTION_PROMPT: countAdaptionPrompt,
  SHADOW: countShadow,
};
