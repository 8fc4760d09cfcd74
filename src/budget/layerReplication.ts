/**
 * `layer_replication` builds a deeper model from ranges of layers, [[0, 24], [8, 32]]. Replicas share their weights;
 * each has its own adapters.
 */

import type { AdapterSettings } from '../peftConfig/adapterSettings';
import { BudgetError, ConfigError } from '../peftConfig/errors';
import type { Module, ModuleTable } from './moduleTable';
import { ownParameters } from './moduleTable';

/** More layers than the deepest models have. */
const MAX_REPLICATED = 4096;

/** PEFT looks for the list of layers in the bare model and in BERT's encoder. */
const REPLICABLE = /^(model\.)*(bert\.)?(layers|encoder\.layer|h)\.\d/;

export function replicateLayers(table: ModuleTable, settings: AdapterSettings): ModuleTable {
  const value = settings.raw('layer_replication');
  if (value === null || (Array.isArray(value) && value.length === 0)) return table;
  const sources = rangesOf(value);
  if (!table.modules.some(({ name, layer }) => layer !== null && REPLICABLE.test(name)))
    throw new BudgetError('layer_replication needs layers where PEFT looks for them: in model.layers or h');
  const byLayer = new Map<number, Module[]>();
  for (const module of table.modules) {
    if (module.layer !== null) byLayer.set(module.layer, [...(byLayer.get(module.layer) ?? []), module]);
  }
  const seen = new Set<number>();
  const replicated = sources.flatMap((source, layer) => {
    const shared = seen.has(source);
    seen.add(source);
    const modules = byLayer.get(source);
    if (!modules) throw new ConfigError('layer_replication', value, `layers from 0 to ${byLayer.size - 1}`);
    return modules.map((module): Module => {
      const name = module.name.replace(`.${source}.`, `.${layer}.`);
      return { ...module, name, layer, ...(shared && { tied: true, tiedBias: true }) };
    });
  });
  const first = table.modules.findIndex(({ layer }) => layer !== null);
  const outside = table.modules.filter(({ layer }) => layer === null);
  const modules = [...outside.slice(0, first), ...replicated, ...outside.slice(first)];
  // A layer outside all ranges is not part of the model.
  return { ...table, modules, parameters: modules.reduce((sum, module) => sum + ownParameters(module), 0) };
}

function rangesOf(value: unknown): number[] {
  const refuse = (): never => {
    throw new ConfigError('layer_replication', value, 'pairs of a first layer and the layer after the last');
  };
  if (!Array.isArray(value)) return refuse();
  const layers: number[] = [];
  for (const range of value) {
    const [start, end]: unknown[] = Array.isArray(range) ? range : [];
    if (typeof start !== 'number' || typeof end !== 'number' || start < 0 || end - start > MAX_REPLICATED)
      return refuse();
    for (let layer = start; layer < end; layer++) layers.push(layer);
    if (layers.length > MAX_REPLICATED) return refuse();
  }
  return layers;
}
