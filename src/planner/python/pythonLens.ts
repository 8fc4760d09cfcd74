/** The lens over a call: PEFT's figures, or the reason why they are missing. */

import type { LocalText } from '../../protocol/localText';
import type { ComparisonSettings, PythonConfigCall, PythonLens, PythonModelCall } from '../../protocol/python';
import type { NamedModel } from '../../text/modelText';
import { formatBytes, formatCount, formatTrainableLine, formatTrainableShare } from '../../text/numberText';
import type { PythonFacts } from './pythonFacts';
import type { FoundModel } from '../models/models';
import { modelText } from '../../text/modelText';

/** A lens must be readable at a glance. */
const MAX_NAME = 60;
const MAX_PROBLEM = 160;

export function configLens(facts: PythonFacts): PythonLens {
  const { call } = facts;
  const { base } = facts;
  const missing = base ? base.standsInFor !== null && base.place !== 'chosen' : true;
  return {
    span: call.name,
    title: titleOf(facts),
    tooltip: tooltipOf(facts),
    chooseFor: missing ? call.baseModel : null,
    comparison: comparisonOf(facts),
  };
}

/**
 * The lens over `get_peft_model`: the line that `print_trainable_parameters` will print, and the model unless the
 * program names it.
 */
export function modelLens({ name }: PythonModelCall, facts: PythonFacts): PythonLens | null {
  const { budget, base } = facts;
  if (!budget) return null;
  const certain = base !== null && base.standsInFor === null && facts.call.baseModel !== null;
  const title = local(
    '{0}',
    `${formatTrainableLine(budget)}${certain || !base ? '' : ` || on ${modelText(shown(base))}`}`,
  );
  return { span: name, title, tooltip: tooltipOf(facts), chooseFor: null, comparison: comparisonOf(facts) };
}

/** A model of the workspace is named by its folder. */
function shown({ title, standsInFor }: FoundModel): NamedModel {
  return { title: cut(title.replace(/[\\/]config\.json$/, '')), standsInFor: standsInFor && cut(standsInFor) };
}

function titleOf(facts: PythonFacts): LocalText {
  const { base, budget, problem } = facts;
  if (facts.missing.length > 0) return missingText(facts);
  if (!base) return local('Not counted: no config.json of a model in the workspace');
  if (!budget) return local('Not counted on {0}: {1}', modelText(shown(base)), cut(problem, MAX_PROBLEM));
  const figures = [
    formatCount(budget.trainable),
    formatTrainableShare(budget.percent / 100),
    modelText(shown(base)),
    formatBytes(budget.fileBytes),
  ];
  // PEFT skips such targets silently. What another model has says nothing about them.
  const unmatched = facts.findings.filter(({ code }) => code === 'target-no-match').length;
  if (unmatched > 1)
    return local('{0} trainable · {1} of {2} · {3} · {4} targets match no module', ...figures, unmatched);
  if (unmatched === 1) return local('{0} trainable · {1} of {2} · {3} · a target matches no module', ...figures);
  return local('{0} trainable · {1} of {2} · {3}', ...figures);
}

function missingText({ missing, perRank }: PythonFacts): LocalText {
  const [first] = missing;
  const names = missing.map(({ key }) => (key.startsWith('*') ? `${key}...` : key));
  if (missing.length > 1 || !first) return local('{0} are unknown: not counted', names.join(', '));
  if (perRank === null) return local('{0} is {1}: not counted', names[0] ?? '', first.reason);
  return local('{0} is {1}: not counted · each rank adds {2}', first.key, first.reason, formatCount(perRank));
}

function tooltipOf({ base, budget }: PythonFacts): LocalText {
  if (!base || !budget) return local('A count needs literal settings and a known model');
  if (base.standsInFor === null) return local('Counted as PEFT does, on {0}. Opens the comparison.', base.title);
  const text = 'No config.json of {0} in the workspace or the Hugging Face cache, and no preset: counted on {1}.';
  return local(text, base.standsInFor, base.title);
}

/** The settings of the call that the comparison has. */
function comparisonOf({ call, base, targetsKey }: PythonFacts): ComparisonSettings | null {
  if (!base) return null;
  const { path, preset, standsInFor } = base;
  const model = preset !== null ? { preset } : path !== null ? { path } : null;
  return { model, standsInFor, method: methodOf(call), targets: targetsOf(call, targetsKey) };
}

function methodOf({ config, peftType }: PythonConfigCall): ComparisonSettings['method'] {
  const whole = (key: string): string | null => {
    const value = config[key];
    return typeof value === 'number' && Number.isInteger(value) && value > 0 ? String(value) : null;
  };
  const [rank, alpha, tokens] = [whole('r'), whole('lora_alpha'), whole('num_virtual_tokens')];
  return {
    ...(peftType === 'LORA' && rank !== null && { rank }),
    ...(peftType === 'LORA' && alpha !== null && { alpha }),
    ...(peftType === 'PREFIX_TUNING' && tokens !== null && { prefixLength: tokens }),
    ...(peftType === 'PROMPT_TUNING' && tokens !== null && { promptLength: tokens }),
  };
}

function targetsOf({ config, peftType }: PythonConfigCall, targetsKey: string): ComparisonSettings['targets'] {
  const names = config['target_modules'];
  if (peftType !== 'LORA' || targetsKey === '' || !Array.isArray(names)) return [];
  return [[targetsKey, names.filter((name) => typeof name === 'string')]];
}

function local(message: string, ...args: (string | number)[]): LocalText {
  return { message, args };
}

function cut(text: string, length = MAX_NAME): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > length ? `${line.slice(0, length)}...` : line;
}
