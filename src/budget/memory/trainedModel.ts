/** A model with its adapter as the memory model needs it: what is trained, in which type, and on which modules. */

import type { AdapterLayout } from '../adapterCount';
import { countAdapter } from '../adapterCount';
import { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { RawConfig } from '../../peftConfig/configValues';
import type { Module, ModuleTable } from '../moduleTable';
import { ownParameters } from '../moduleTable';
import type { Adapted } from './adapterTrace';
import { residentBytes, tracedMethod } from './adapterTrace';

export interface TrainedModel {
  readonly table: ModuleTable;
  /** PEFT's name of the method; null for full fine-tuning. */
  readonly method: string | null;
  readonly settings: AdapterSettings;
  readonly trainable: number;
  readonly layout: AdapterLayout;
  readonly adapted: ReadonlyMap<string, Adapted>;
  readonly trains: (module: Module) => boolean;
  /** Virtual tokens before the input, and key and value positions before it. */
  readonly promptTokens: number;
  readonly prefixPositions: number;
  /** Something below the first layer is trained. */
  readonly trainsInput: boolean;
  readonly trainsTokens: boolean;
  readonly residentBytes: number;
  readonly reasons: readonly string[];
}

const PROMPTS = new Set(['PROMPT_TUNING', 'P_TUNING', 'MULTITASK_PROMPT_TUNING', 'CPT']);
const PREFIXES = new Set(['PREFIX_TUNING', 'CARTRIDGE']);
const OTHERS = new Set(['LN_TUNING', 'TRAINABLE_TOKENS', 'ADAPTION_PROMPT']);

/** Throws what `countAdapter` throws. `adapterConfig` null means that all weights are trained. */
export function trainedModel(table: ModuleTable, adapterConfig: RawConfig | null): TrainedModel {
  const settings = new AdapterSettings(adapterConfig ?? {});
  if (adapterConfig === null) return fullyTrained(table, settings);
  const method = settings.method;
  const { layout, modules, trainable } = countAdapter(table, adapterConfig);
  const byName = new Map(layout.model.modules.map((module) => [module.name, module]));
  const whole = new Set(layout.whole);
  const isWhole = (name: string): boolean => [...whole].some((each) => name === each || name.startsWith(`${each}.`));
  const adapted = new Map<string, Adapted>();
  let resident = 0;
  if (tracedMethod(method)) {
    for (const { name, rank, trainable: own } of modules) {
      const module = byName.get(name);
      if (!module || whole.has(name)) continue;
      const each = { module, rank: rank ?? 1, trainable: own, settings };
      adapted.set(name, each);
      resident += residentBytes(method, each);
    }
  }
  const tuned = method === 'LN_TUNING' ? new Set(modules.map(({ name }) => name)) : new Set<string>();
  const prompts = PROMPTS.has(method) || PREFIXES.has(method) ? settings.count('num_virtual_tokens', 1) : 0;
  const trainsTokens = method === 'TRAINABLE_TOKENS' || settings.raw('trainable_token_indices') !== null;
  const embedding = table.inputEmbedding;
  return {
    table: layout.model,
    method,
    settings,
    trainable,
    layout,
    adapted,
    trains: ({ name }) => tuned.has(name) || (whole.size > 0 && isWhole(name)),
    promptTokens: PROMPTS.has(method) ? prompts : 0,
    prefixPositions: PREFIXES.has(method) ? prompts : 0,
    trainsInput:
      PROMPTS.has(method) ||
      trainsTokens ||
      (embedding !== null && (adapted.has(embedding) || tuned.has(embedding) || isWhole(embedding))),
    trainsTokens,
    residentBytes: resident,
    reasons:
      tracedMethod(method) || PROMPTS.has(method) || PREFIXES.has(method) || OTHERS.has(method)
        ? []
        : [`${method}: its own activations are not modelled; only its parameters are in the estimate.`],
  };
}

function fullyTrained(table: ModuleTable, settings: AdapterSettings): TrainedModel {
  const trainable = table.modules.reduce((sum, module) => sum + ownParameters(module), 0);
  return {
    table,
    method: null,
    settings,
    trainable,
    layout: { trainedAsBase: trainable, frozenBytes: 0, frozenAsBase: 0, whole: [], model: table },
    adapted: new Map(),
    trains: () => true,
    promptTokens: 0,
    prefixPositions: 0,
    trainsInput: true,
    trainsTokens: false,
    residentBytes: 0,
    reasons: [],
  };
}
