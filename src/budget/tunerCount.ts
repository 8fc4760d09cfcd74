/** Counts a method that adapts modules, and everything else that its config trains or saves. */

import { savedEmbeddings, tiedWithTargets, trainedBiases, trainedModules, trainedTokens } from './adapterExtras';
import { modulesToSave, readTargets, selectTargets } from './adapterTargets';
import { TargetError } from './errors';
import type { FusedTargets } from './fusedExperts';
import { fusedTargets } from './fusedExperts';
import type { Method } from './methods/method';
import { isTied } from './moduleTable';
import type { Module, ModuleTable } from './moduleTable';
import type { AdapterSettings } from '../peftConfig/adapterSettings';
import { BudgetError } from '../peftConfig/errors';
import type { Sheet } from './sheet';
import { TUNER_PREFIX } from './sheet';
import type { AdaptedParameter } from './targetParameters';
import { adaptParameters } from './targetParameters';

/** Settings that LoRA on bare parameters cannot have. It cannot be initialised from the weight either. */
const UNFIT_FOR_PARAMETERS = [
  ...['use_dora', 'lora_bias', 'lora_dropout', 'fan_in_fan_out', 'velora_config', 'kasa_config'],
  ...['use_bdlora', 'arrow_config', 'monteclora_config', 'alora_invocation_tokens'],
];
const INIT_FROM_WEIGHT = /^(pissa|olora|corda|loftq|orthogonal|lora_ga|mica)/;

const OUTPUT_LAYER = /(^|\.)lm_head$/;

/** The method of one config on a model. */
interface Tuner {
  readonly type: string;
  readonly method: Method;
  readonly model: ModuleTable;
  readonly settings: AdapterSettings;
  /** Targets of experts that transformers has fused; `null` for models without them. */
  readonly fused: FusedTargets | null;
  /** Both ends of a tied embedding, if the adapter ties them. */
  readonly tiedEnds: readonly Module[] | null;
}

export function countTuner(
  sheet: Sheet,
  type: string,
  method: Method,
  model: ModuleTable,
  given: AdapterSettings,
): void {
  method.uncountable?.();
  sheet.model = model;
  const settings = method.complete?.(model, given) ?? given;
  const tuner: Tuner = {
    type,
    method,
    model,
    settings,
    fused: method.adaptsParameters ? fusedTargets(model, settings, settings.count('r')) : null,
    tiedEnds: method.adaptsParameters ? tiedWithTargets(model, settings) : null,
  };
  const targeted = selectTargets(model, settings, type, method, tuner.fused);
  const modules = tuner.tiedEnds ? [...new Set([...targeted, ...tuner.tiedEnds])] : targeted;
  for (const module of modules) {
    const rank = method.rank?.(module, settings) ?? null;
    const parts = method.parts(module, settings, { modules, model });
    sheet.add(module.name, rank, parts, `${TUNER_PREFIX}${module.name}.`);
  }
  const bare = method.adaptsParameters ? bareParameters(tuner, modules) : [];
  for (const { name, rank, parts } of bare) sheet.add(name, rank, parts, TUNER_PREFIX);
  for (const part of method.shared?.(modules, settings) ?? []) sheet.add(part.name, null, [part], 'base_model.');
  countBeside(sheet, tuner, modules, bare);
  const warnings = [...(method.warnings?.(settings) ?? []), ...tuningWarnings(model, settings, modules)];
  for (const warning of warnings) sheet.warnings.push(warning);
}

/** Adapters on bare tensors, such as fused experts. */
function bareParameters({ model, settings, fused }: Tuner, modules: readonly Module[]): readonly AdaptedParameter[] {
  const names = fused?.parameters ?? settings.names('target_parameters') ?? [];
  const rankOf = (name: string): number =>
    settings.pattern('rank_pattern').valueFor(name) ?? fused?.ranks.valueFor(name) ?? settings.count('r');
  const bare = adaptParameters(model, names, rankOf, new Set(modules.map(({ name }) => name)));
  if (names.length > 0 && bare.length === 0 && modules.length === 0)
    throw new TargetError(`target_parameters match no parameter of the model: ${names.slice(0, 8).join(', ')}`);
  if (bare.length === 0) return [];
  const unfit = UNFIT_FOR_PARAMETERS.find((key) => settings.present(key));
  const init = settings.text('init_lora_weights') ?? '';
  if (unfit) throw new BudgetError(`target_parameters cannot be combined with ${unfit}`);
  if (INIT_FROM_WEIGHT.test(init)) throw new BudgetError(`target_parameters cannot be initialised with '${init}'`);
  return bare;
}

/** Modules trained in full, single tokens, biases, and embeddings that the file repeats. */
function countBeside(
  sheet: Sheet,
  { type, method, model, settings, fused, tiedEnds }: Tuner,
  modules: readonly Module[],
  bare: readonly AdaptedParameter[],
): void {
  const adapted = new Set(modules.map(({ name }) => name));
  const whole = trainedModules(model, modulesToSave(settings), settings.flag('ensure_weight_tying'));
  const twice =
    bare.find(({ name }) => whole.some(({ module }) => name.startsWith(`${module}.`))) ??
    modules.find(({ name }) => whole.some(({ module }) => name === module));
  if (twice) throw new TargetError(`'${twice.name}' is both adapted and trained in full`);
  sheet.copy(whole, TUNER_PREFIX);
  const tokens = trainedTokens(model, settings);
  const taken = tokens.find(({ module }) => adapted.has(module));
  if (taken) throw new TargetError(`'${taken.module}' is adapted, so trainable_token_indices cannot apply to it`);
  sheet.addExtras(tokens, TUNER_PREFIX);
  for (const extra of trainedBiases(model, settings, adapted, whole)) {
    sheet.addExtras([extra], TUNER_PREFIX);
    sheet.train(extra.module, extra.parameters);
  }
  if (settings.raw('trainable_token_indices') !== null) return;
  const named = fused?.modules ?? readTargets(model, settings, type, method) ?? [];
  // A tied output layer is not a separate target.
  const targets = tiedEnds && Array.isArray(named) ? named.filter((name) => !OUTPUT_LAYER.test(name)) : named;
  sheet.addExtras(savedEmbeddings(model, targets, adapted), TUNER_PREFIX);
}

function tuningWarnings(model: ModuleTable, settings: AdapterSettings, modules: readonly Module[]): string[] {
  const messages: string[] = [];
  const targets = settings.namesOrPattern('target_modules');
  if (Array.isArray(targets)) {
    const idle = targets.filter(
      (target) => !modules.some(({ name }) => name === target || name.endsWith(`.${target}`)),
    );
    if (idle.length > 0 && modules.length > 0)
      messages.push(`Targets that match nothing: ${idle.slice(0, 8).join(', ')}.`);
  }
  if (isTied(model) && modules.some(({ name }) => name === model.inputEmbedding || name === model.outputEmbedding))
    messages.push('The embedding and the output layer share a weight, but only one of them is adapted.');
  return messages;
}
