/** The model with typed sizes: a decoder like Llama, or any model if only the reference's formulas apply. */

import type { RawConfig } from '../../peftConfig/configValues';
import { MAX_LAYERS, MAX_VOCABULARY, MAX_WIDTH } from '../../peftConfig/configValues';
import type { Setting } from '../../budget/settings';
import { parseSetting, SettingError } from '../../budget/settings';
import type { BudgetInputs, CustomField } from '../../protocol/calculator';
import type { BudgetModel } from './budgetReport';

const SETTINGS: Readonly<Record<CustomField, Setting & { readonly key: string }>> = {
  hiddenSize: { label: 'Hidden size', max: MAX_WIDTH, key: 'hidden_size' },
  numLayers: { label: 'Layers', max: MAX_LAYERS, key: 'num_hidden_layers' },
  numHeads: { label: 'Heads', max: MAX_WIDTH, key: 'num_attention_heads' },
  numKeyValueHeads: { label: 'Key-value heads', max: MAX_WIDTH, key: 'num_key_value_heads' },
  intermediateSize: { label: 'MLP size', max: MAX_WIDTH, key: 'intermediate_size' },
  vocabSize: { label: 'Vocabulary', max: MAX_VOCABULARY, key: 'vocab_size' },
};

/** The sizes that the reference's formulas use. */
const REFERENCE_FIELDS: readonly CustomField[] = ['hiddenSize', 'numLayers', 'numHeads'];

/** Equal sizes give the same object, which is the report's key for the model's table. */
let last: { readonly key: string; readonly model: BudgetModel } | null = null;

export function customModel({ custom, basis }: BudgetInputs): BudgetModel {
  const title = 'Custom dimensions';
  const fields = basis === 'reference' ? REFERENCE_FIELDS : (Object.keys(SETTINGS) as CustomField[]);
  const config: Record<string, number> = {};
  const sizes = new Map<CustomField, number>();
  const errors: { field: CustomField; message: string }[] = [];
  for (const field of fields) {
    try {
      const size = parseSetting(custom[field], SETTINGS[field]);
      config[SETTINGS[field].key] = size;
      sizes.set(field, size);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      errors.push({ field, message: error.message });
    }
  }
  const ceiling = (field: CustomField, other: CustomField): void => {
    const [size, limit] = [sizes.get(field), sizes.get(other)];
    if (size === undefined || limit === undefined || size <= limit) return;
    const { label } = SETTINGS[field];
    errors.push({ field, message: `${label}: expected at most the ${SETTINGS[other].label.toLowerCase()}, ${limit}.` });
  };
  ceiling('numHeads', 'hiddenSize');
  ceiling('numKeyValueHeads', 'numHeads');
  if (errors.length > 0) return { title, errors };
  const key = JSON.stringify(config);
  if (last?.key === key) return last.model;
  const llama: RawConfig = { model_type: 'llama', architectures: ['LlamaForCausalLM'], tie_word_embeddings: false };
  last = { key, model: { title, config: { ...llama, ...config } } };
  return last.model;
}
