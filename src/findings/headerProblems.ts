/** The problems that opening the file found: damage, names and configs that contradict each other. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { Problem } from '../peftConfig/problem';
import type { WeightsFinding } from '../protocol/findings';
import { missesHalf } from './missingHalf';
import { sentence } from './sentence';

type Advice = Pick<WeightsFinding, 'why' | 'action'>;

const ADVICE: Readonly<Record<Problem['severity'], Advice>> = {
  error: {
    why: sentence('The file is damaged or does not fit its config, so PEFT refuses it or loads something else.'),
    action: sentence('Compare the file with its source and copy it again, or save it again where it was trained.'),
  },
  warning: {
    why: sentence('What PEFT loads may differ from what was trained.'),
    action: sentence('Check what the message names, in the file and in adapter_config.json.'),
  },
  info: {
    why: sentence('This explains what is shown.'),
    action: sentence('Nothing has to be changed.'),
  },
};

const MISMATCH: Advice = {
  why: sentence('PEFT builds modules from the config, so it refuses tensors of other sizes or scales them wrongly.'),
  action: sentence('Correct adapter_config.json so that it says what the tensors have.'),
};

export function headerProblems(description: SourceDescription): readonly WeightsFinding[] {
  const modules = new Set([
    ...description.lora.map(({ module }) => module),
    ...(description.adapters ?? []).map(({ module }) => module),
  ]);
  const tensors = new Set(description.tensors.map(({ name }) => name));
  const halves = new Set(description.lora.filter(missesHalf).map(({ module }) => module));
  return description.problems
    .filter(({ subject = '', code }) => code !== undefined || !halves.has(subject))
    .map(({ severity, message, subject, code }): WeightsFinding => ({
      code: code ?? 'structure',
      level: severity,
      modules: subject !== undefined && modules.has(subject) ? [subject] : [],
      tensors: subject !== undefined && tensors.has(subject) ? [subject] : [],
      value: null,
      heuristic: false,
      what: sentence('{0}', asSentence(message)),
      ...(code === 'config_mismatch' ? MISMATCH : ADVICE[severity]),
    }));
}

function asSentence(message: string): string {
  // Names of files and keys keep their letters.
  const start = message.replace(/^[a-z](?=[a-z]*[ ,:])/, (letter) => letter.toUpperCase());
  return /[.!?)]$/.test(start) ? start : `${start}.`;
}
