/** A model with its adapter, as the memory model needs it: what is trained, in which type, on which modules. */

import { countAdapter } from '../adapterCount';
import type { Adapted } from '../methods/kept';
import { sized } from '../methods/kept';
import type { Method } from '../methods/method';
import { methodOf } from '../methods/registry';
import { promptMethodOf } from '../promptMethods';
import type { AdapterLayout, CountedModule } from '../sheet';
import { AdapterSettings } from '../../peftConfig/adapterSettings';
import type { RawConfig } from '../../peftConfig/configValues';
import type { Module, ModuleTable } from '../moduleTable';
import { ownParameters } from '../moduleTable';

export interface TrainedModel {
  readonly table: ModuleTable;
  /** PEFT's name of the method; `null` for full fine-tuning. */
  readonly type: string | null;
  /** `null` for full fine-tuning, and for methods that adapt no modules. */
  readonly method: Method | null;
  readonly settings: AdapterSettings;
  readonly trainable: number;
  readonly layout: AdapterLayout;
  readonly adapted: ReadonlyMap<string, Adapted>;
  readonly trains: (module: Module) => boolean;
  /** Virtual tokens, and positions of keys and values, that precede the input. */
  readonly promptTokens: number;
  readonly prefixPositions: number;
  /** Something below the first layer is trained. */
  readonly trainsInput: boolean;
  readonly trainsTokens: boolean;
  readonly residentBytes: number;
  readonly reasons: readonly string[];
}

/** Throws what `countAdapter` throws. A null `adapterConfig` means that all weights are trained. */
export function trainedModel(table: ModuleTable, adapterConfig: RawConfig | null): TrainedModel {
  const settings = new AdapterSettings(adapterConfig ?? {});
  if (adapterConfig === null) return fullyTrained(table, settings);
  const type = settings.method;
  const method = methodOf(type);
  const prompt = promptMethodOf(type);
  const { layout, modules, trainable } = countAdapter(table, adapterConfig);
  const whole = new Set(layout.whole);
  const isWhole = (name: string): boolean => [...whole].some((each) => name === each || name.startsWith(`${each}.`));
  const adapted = method?.keeps ? adaptedModules(layout, modules, settings) : new Map<string, Adapted>();
  const tuned = new Set(method?.trainsCopies ? modules.map(({ name }) => name) : []);
  const prompts = prompt ? settings.count('num_virtual_tokens', 1) : 0;
  const entersAtInput = prompt?.place === 'input';
  const trainsTokens = type === 'TRAINABLE_TOKENS' || settings.raw('trainable_token_indices') !== null;
  const embedding = table.inputEmbedding;
  return {
    table: layout.model,
    type,
    method,
    settings,
    trainable,
    layout,
    adapted,
    trains: ({ name }) => tuned.has(name) || (whole.size > 0 && isWhole(name)),
    promptTokens: entersAtInput ? prompts : 0,
    prefixPositions: prompt?.place === 'cache' ? prompts : 0,
    trainsInput:
      entersAtInput ||
      trainsTokens ||
      (embedding !== null && (adapted.has(embedding) || tuned.has(embedding) || isWhole(embedding))),
    trainsTokens,
    residentBytes: [...adapted.values()].reduce((sum, each) => sum + (method?.residentBytes?.(sized(each)) ?? 0), 0),
    reasons: isModelled(type)
      ? []
      : [`${type}: its own activations are not modelled; only its parameters are in the estimate.`],
  };
}

/** The modules that have an adapter. Modules trained in full are not among them. */
function adaptedModules(
  { model, whole }: AdapterLayout,
  modules: readonly CountedModule[],
  settings: AdapterSettings,
): Map<string, Adapted> {
  const byName = new Map(model.modules.map((module) => [module.name, module]));
  const copies = new Set(whole);
  return new Map(
    modules.flatMap(({ name, rank, trainable }) => {
      const module = byName.get(name);
      return module && !copies.has(name) ? [[name, { module, rank: rank ?? 1, trainable, settings }]] : [];
    }),
  );
}

/** The methods of otherMethods.ts whose activations are modelled. */
const MODELLED = ['TRAINABLE_TOKENS', 'ADAPTION_PROMPT'];

function isModelled(type: string): boolean {
  const method = methodOf(type);
  const traced = method?.keeps !== undefined || method?.trainsCopies === true;
  return traced || promptMethodOf(type) !== null || MODELLED.includes(type);
}

function fullyTrained(table: ModuleTable, settings: AdapterSettings): TrainedModel {
  const trainable = table.modules.reduce((sum, module) => sum + ownParameters(module), 0);
  return {
    table,
    type: null,
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
