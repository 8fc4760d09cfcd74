/** Analyses an adapter_config.json: its text, its weights, and its base model. */

import { replicateLayers } from '../../budget/layerReplication';
import { ConfigError, PatternError } from '../../peftConfig/errors';
import { NeedsWeightsError, UnknownArchitectureError, UnknownMethodError } from '../../budget/errors';
import type { BudgetError } from '../../peftConfig/errors';
import type { Surroundings } from '../../protocol/models';
import type { AdapterWeights, ConfigAnalysis } from '../../protocol/planner';
import { currentMatching } from '../../peftConfig/matching';
import type { PacedMatching } from '../../matrices/pacedMatching';
import { AdapterSettings } from '../../peftConfig/adapterSettings';
import { oversizedKeys } from '../../peftConfig/entryLimits';
import type { ConfigDocument } from '../configDocument';
import { baseModelName, readConfigDocument } from '../configDocument';
import type { Counting } from '../countAdapter';
import { asAdapterBudget, countOn } from '../countAdapter';
import type { FoundModel, Models } from '../models/models';
import { Examined, local } from './examined';
import { attempt } from '../attempt';
import { calculatorSettings } from './calculatorSettings';
import { checkKeys } from './keyChecks';
import { checkNames } from './nameChecks';
import { checkScale } from './scaleChecks';
import { checkTargets } from './targetChecks';

interface AnalysedConfig {
  readonly text: string;
  readonly weights: AdapterWeights | null;
  readonly surroundings: Surroundings;
}

/** `null` if the text is not a PEFT config: other programs also write files of this name. */
export async function analyseConfig(
  models: Models,
  { text, weights, surroundings }: AnalysedConfig,
  matching: PacedMatching,
): Promise<ConfigAnalysis | null> {
  const document = readPeftConfig(text);
  if (!document) return null;
  const { config } = document;
  const revision = typeof config['revision'] === 'string' ? config['revision'] : null;
  const base = await models.find({ kind: 'named', name: baseModelName(config), revision, ...surroundings });
  return analyse(models, { text, document, weights }, base, matching);
}

/** The same analysis on a base model that is already found. */
export async function analyseOn(
  models: Models,
  text: string,
  base: FoundModel,
  matching: PacedMatching,
): Promise<ConfigAnalysis | null> {
  const document = readPeftConfig(text);
  return document && analyse(models, { text, document, weights: null }, base, matching);
}

function readPeftConfig(text: string): ConfigDocument | null {
  const document = readConfigDocument(text);
  return document && typeof document.config['peft_type'] === 'string' ? document : null;
}

async function analyse(
  models: Models,
  given: Pick<Examined, 'text' | 'document' | 'weights'>,
  base: FoundModel | null,
  matching: PacedMatching,
): Promise<ConfigAnalysis> {
  const counting = base && (await countOn(models, base, given.document.config, matching));
  return matching.run(() => examine(given, base, counting));
}

function examine(
  { text, document, weights }: Pick<Examined, 'text' | 'document' | 'weights'>,
  base: FoundModel | null,
  counting: Counting | null,
): ConfigAnalysis {
  const { config } = document;
  const wanted = baseModelName(config);
  const table = counting?.table ?? null;
  const replicated = table && (attempt(() => replicateLayers(table, new AdapterSettings(config))) ?? table);
  const x = new Examined(text, document, weights, base?.title ?? '', replicated);
  checkKeys(x);
  const checked = oversizedKeys(config).length === 0;
  const targets = checked ? attempt(() => checkTargets(x)) : null;
  if (checked) {
    checkScale(x);
    checkNames(x);
  }
  const unmatched = checkMatching(x);
  checkBase(x, wanted, base);
  if (counting?.error) reportFailure(x, counting.error);
  return {
    method: x.type,
    wanted,
    place: base?.place ?? null,
    path: base?.path ?? null,
    preset: base?.preset ?? null,
    budget: budgetFor(base, counting),
    weightsParameters: weights?.parameters ?? null,
    targets: unmatched ? null : targets,
    findings: x.findings,
    settings: calculatorSettings(x),
  };
}

/** Reports patterns that count as not matched. True if there are any: the counts of matches then say too little. */
function checkMatching(x: Examined): boolean {
  const { problems } = currentMatching();
  const at = ['target_modules', 'exclude_modules', 'rank_pattern', 'alpha_pattern'].map((key) => x.node(key));
  for (const problem of problems) {
    const text = local('Not every pattern of this config is matched: {0}.', problem);
    x.add('pattern-not-matched', 'warning', at.find((node) => node !== null) ?? x.keyNode('peft_type'), text);
  }
  return problems.length > 0;
}

function budgetFor(base: FoundModel | null, counting: Counting | null): ConfigAnalysis['budget'] {
  if (base && counting) return asAdapterBudget(base, counting);
  return { modelTitle: null, standsInFor: null, counted: null, warnings: [], problem: '' };
}

function checkBase(x: Examined, wanted: string | null, base: FoundModel | null): void {
  if (base) return;
  const at = x.node('base_model_name_or_path') ?? x.keyNode('base_model_name_or_path');
  const text =
    wanted === null
      ? local('The config names no base model, so nothing can be counted.')
      : local(
          'The base model {0} was not found: it has no config.json in the workspace, on the disk or in the ' +
            'Hugging Face cache, and there is no preset for it. Nothing is downloaded. ' +
            'Targets and parameters are not checked without it.',
          wanted.slice(0, 120),
        );
  const choose = { title: local('Choose a base model...'), edits: [], choosesBaseModel: true };
  x.add('base-not-found', 'information', at, text, wanted === null ? [] : [choose]);
}

/** Reports why a count failed, unless another check has already reported it. */
function reportFailure(x: Examined, error: BudgetError): void {
  if (x.findings.some(({ severity, code }) => severity === 'error' || code === 'pattern-not-translated')) return;
  const message = local('{0}', error.message);
  if (error instanceof UnknownArchitectureError) {
    const text =
      '{0} has the model type {1}, which has no module table. ' +
      'With its safetensors files next to its config.json, their headers would be enough.';
    x.add(
      'base-unreadable',
      'information',
      x.node('base_model_name_or_path') ?? x.keyNode('peft_type'),
      local(text, x.baseTitle, error.modelType),
    );
  } else if (error instanceof NeedsWeightsError || error instanceof UnknownMethodError) {
    x.add('uncounted', 'information', x.node('peft_type') ?? x.document.root, message);
  } else if (error instanceof PatternError) {
    x.add('pattern-not-translated', 'information', x.node('target_modules') ?? x.keyNode('peft_type'), message);
  } else if (error instanceof ConfigError) {
    const [key = ''] = error.key.split('.');
    const own = x.node(key);
    const isModels = own === null && !Object.hasOwn(x.config, key);
    if (isModels)
      x.add('base-unreadable', 'information', x.node('base_model_name_or_path') ?? x.keyNode('peft_type'), message);
    else x.add('uncounted', 'error', own ?? x.keyNode(key), message);
  } else x.add('uncounted', 'error', x.keyNode('target_modules'), message);
}
