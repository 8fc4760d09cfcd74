/** The JSON schema of adapter_config.json, with one branch per peft_type. The branches share their descriptions. */

import type { Kind } from './fieldTexts';
import { FIELD_TEXTS } from './fieldTexts';
import { wordsFor } from './fieldWords';
import { COMMON_KEYS } from './commonKeys';
import { METHOD_KEYS } from './methodKeys';
import { METHOD_TEXTS } from './methodTexts';

type Schema = Readonly<Record<string, unknown>>;

const STRINGS: Schema = { type: 'array', items: { type: 'string' } };
const INTEGERS: Schema = { type: 'array', items: { type: 'integer' } };
const NULL: Schema = { type: 'null' };

const KINDS: Readonly<Record<Kind, Schema>> = {
  integer: { type: ['integer', 'null'] },
  number: { type: ['number', 'null'] },
  boolean: { type: ['boolean', 'null'] },
  string: { type: ['string', 'null'] },
  names: { anyOf: [STRINGS, NULL] },
  namesOrPattern: { anyOf: [STRINGS, { type: 'string' }, NULL] },
  indices: { anyOf: [INTEGERS, NULL] },
  indicesOrOne: { anyOf: [INTEGERS, { type: 'integer' }, NULL] },
  tokens: { anyOf: [INTEGERS, { type: 'object', additionalProperties: INTEGERS }, NULL] },
  ranges: { anyOf: [{ type: 'array', items: { ...INTEGERS, minItems: 2, maxItems: 2 } }, NULL] },
  object: { type: ['object', 'null'] },
  // AdaLoRA writes lists of booleans, which say which ranks are left.
  byPattern: {
    type: ['object', 'null'],
    additionalProperties: { anyOf: [{ type: 'number' }, { type: 'array', items: { type: 'boolean' } }] },
  },
  booleanOrString: { type: ['boolean', 'string', 'null'] },
  objectOrBoolean: { type: ['object', 'boolean', 'null'] },
};

/** Kinds by `METHOD.key`, for config classes that accept more than the others do. */
const KINDS_OF: Readonly<Record<string, Kind>> = { 'LN_TUNING.modules_to_save': 'namesOrPattern' };

/** Methods whose config class restricts `bias`; the others accept any text. */
const STRICT_BIAS = new Set(['LORA', 'ADALORA', 'OFT', 'BOFT', 'DELORA']);

const LORA_STARTS: readonly Schema[] = [
  { enum: [true, false, 'gaussian', 'eva', 'olora', 'pissa', 'corda', 'loftq', 'orthogonal', 'mica', 'lora_ga', null] },
  { type: 'string', pattern: '^pissa_niter_\\d+$' },
];
const ALL_LINEAR = [{ label: '"all-linear"', body: 'all-linear' }];

/** Keys whose value is a fraction from 0 to 1. */
const SHARE = /dropout(_p)?$|^beta[12]$|^asa_(importance|uncertainty)_beta$|^sparsity$|^sparse_rate$|^weight_tying$/;

export function configSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'PEFT adapter configuration',
    description: 'adapter_config.json of Hugging Face PEFT, as of version 0.21.',
    type: 'object',
    properties: { peft_type: methodName(), ...fields('', COMMON_KEYS) },
    allOf: Object.entries(METHOD_KEYS).map(([method, defaults]) => ({
      if: { properties: { peft_type: { const: method } }, required: ['peft_type'] },
      then: { properties: fields(method, defaults) },
    })),
  };
}

/** The schema as the repository keeps it, with one line per method. */
export function configSchemaText(): string {
  const { allOf, ...rest } = configSchema();
  const branches = (allOf as readonly Schema[]).map((branch) => JSON.stringify(branch)).join(',\n');
  return `${JSON.stringify(rest, null, 1).slice(0, -2)},\n "allOf": [\n${branches}\n ]\n}\n`;
}

function methodName(): Schema {
  const methods = Object.keys(METHOD_KEYS);
  return {
    type: 'string',
    description: FIELD_TEXTS['peft_type']?.[1],
    enum: methods,
    enumDescriptions: methods.map((method) => METHOD_TEXTS[method]),
  };
}

function fields(method: string, defaults: Readonly<Record<string, unknown>>): Schema {
  const keys = Object.entries(defaults).filter(([key]) => key !== 'peft_type');
  return Object.fromEntries(
    keys.map(([key, fallback]) => [
      key,
      { ...field(method, key), ...wordsOf(method, key), ...(fallback !== null && { default: fallback }) },
    ]),
  );
}

function wordsOf(method: string, key: string): Schema {
  if (key === 'bias' && !STRICT_BIAS.has(method)) return {};
  const words = wordsFor(method, key);
  return words ? { enum: words } : {};
}

function field(method: string, key: string): Schema {
  const text = FIELD_TEXTS[key];
  if (!text) throw new Error(`the key ${key} has no description`);
  const [usual, description] = text;
  const kind = KINDS_OF[`${method}.${key}`] ?? usual;
  if (key === 'init_lora_weights') return { description, anyOf: LORA_STARTS };
  const snippets = key === 'target_modules' ? { defaultSnippets: ALL_LINEAR } : {};
  return { description, ...KINDS[kind], ...(SHARE.test(key) && { minimum: 0, maximum: 1 }), ...snippets };
}
