import { architectureOf } from '../../budget/architectures';
import { isLinear, matchesTarget } from '../../budget/targets';
import type { CalculatorSettings } from '../../protocol/planner';
import type { Examined } from './examined';

/** The settings of a config that the calculator can show. Its targets are linear layers, by last name. */
export function calculatorSettings({ config, settings, table, type }: Examined): CalculatorSettings {
  const number = (key: string): number | null => {
    const value = settings.raw(key);
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
  };
  const architecture = table && architectureOf(table.shape.modelType);
  const named = config['target_modules'];
  const names = Array.isArray(named) ? named.filter((name): name is string => typeof name === 'string') : [];
  const all = typeof named === 'string' && named.toLowerCase() === 'all-linear';
  const linears = (table?.modules ?? []).filter(isLinear);
  const targets = (architecture && table ? architecture.targets(table.shape) : []).filter(
    (target) =>
      all || linears.some(({ name }) => matchesTarget(name, target) && names.some((each) => matchesTarget(name, each))),
  );
  return {
    rank: type === 'ADALORA' ? number('init_r') : number('r'),
    alpha: number('lora_alpha'),
    virtualTokens: number('num_virtual_tokens'),
    targetsKey: targets.length > 0 ? (architecture?.modelTypes[0] ?? '') : '',
    targets,
  };
}
