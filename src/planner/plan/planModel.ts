/** The model of a plan: its module table, which is cached, and the task of its class. */

import { factsOf } from '../../budget/architectures';
import { tableFor } from '../../budget/computeBudget';
import { isObject } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';
import type { ModuleTable } from '../../budget/moduleTable';

const tables = new WeakMap<object, Map<string, ModuleTable>>();

/** Caches `tableFor` by config and task, because each keystroke needs the same table. */
export function planTable(model: unknown, taskType: string | null): ModuleTable {
  if (!isObject(model)) throw new ConfigError('(the model config)', model, 'a JSON object');
  const known = tables.get(model) ?? new Map<string, ModuleTable>();
  tables.set(model, known);
  const found = known.get(taskType ?? '');
  if (found) return found;
  const table = tableFor(model, taskType === null ? null : { task_type: taskType });
  known.set(taskType ?? '', table);
  return table;
}

const TASKS: readonly (readonly [RegExp, string | null])[] = [
  [/ForSequenceClassification$/, 'SEQ_CLS'],
  [/ForTokenClassification$/, 'TOKEN_CLS'],
  [/ForQuestionAnswering$/, 'QUESTION_ANS'],
  [/(?:ForCausalLM|LMHeadModel|DoubleHeadsModel)$/, 'CAUSAL_LM'],
];

/** PEFT's name for the task of the config's class; `null` if PEFT has none. */
export function taskTypeOf(model: unknown): string | null {
  const { outputEmbedding, shape } = planTable(model, null);
  const classes = isObject(model) ? model['architectures'] : null;
  const [first] = Array.isArray(classes) ? (classes as readonly unknown[]) : [];
  const named = typeof first === 'string' ? first : null;
  const task = named === null ? undefined : TASKS.find(([ending]) => ending.test(named));
  if (task) return task[1];
  // PEFT's wrapper of the task would ask for `input_ids`.
  if (outputEmbedding === null || factsOf(shape.modelType).withoutTokens) return null;
  if (shape.encoderDecoder) return 'SEQ_2_SEQ_LM';
  return named === null || /ForConditionalGeneration$/.test(named) ? 'CAUSAL_LM' : null;
}
