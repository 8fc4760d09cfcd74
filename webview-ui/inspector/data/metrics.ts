/** The metrics that colour the modules, with their names for people. */

import type { BaseComparison, BaseMetric } from '../../../src/protocol/baseComparison';
import type { MeasuredModule, ModuleMetric, ModuleMetrics } from '../../../src/protocol/matrix';

interface MetricName<M = ModuleMetric | BaseMetric> {
  readonly metric: M;
  readonly label: string;
  readonly meaning: string;
}

export const METRICS: readonly MetricName<ModuleMetric>[] = [
  {
    metric: 'deltaNorm',
    label: '‖ΔW‖ Frobenius norm',
    meaning: 'How far training moved the weight: the Frobenius norm of scaling · B · A.',
  },
  { metric: 'spectralNorm', label: 'σ₁(ΔW) spectral norm', meaning: 'The largest singular value of ΔW.' },
  {
    metric: 'effectiveRank',
    label: 'effective rank',
    meaning: 'Number of directions in use: exp of the entropy of the normalised singular values.',
  },
  { metric: 'stableRank', label: 'stable rank', meaning: 'Frobenius norm squared over spectral norm squared.' },
  { metric: 'aNorm', label: '‖A‖ Frobenius norm', meaning: 'The Frobenius norm of A.' },
  {
    metric: 'bNorm',
    label: '‖B‖ Frobenius norm',
    meaning: 'The Frobenius norm of B; 0 where the module was never trained.',
  },
  { metric: 'maxAbs', label: 'max |ΔW|', meaning: 'The largest magnitude of an entry of ΔW.' },
];

/** The metrics that exist once the base's weights were read. */
export const BASE_METRICS: readonly MetricName<BaseMetric>[] = [
  {
    metric: 'weightShare',
    label: '‖ΔW‖ / ‖W‖',
    meaning: 'How far training moved the weight, beside its own size: the ratio of the Frobenius norms.',
  },
  {
    metric: 'outAngle',
    label: 'angle to W, outputs (°)',
    meaning:
      'The angle between the leading left singular vectors of ΔW and of W, at most 8 of each: 0° if training ' +
      'strengthened what W does most, 90° if it added directions that W hardly uses.',
  },
  {
    metric: 'inAngle',
    label: 'angle to W, inputs (°)',
    meaning: 'The same for the right singular vectors: which inputs ΔW reads, beside those that W reads most.',
  },
];

export function metricName(metric: ModuleMetric | BaseMetric): MetricName {
  return [...METRICS, ...BASE_METRICS].find((named) => named.metric === metric) ?? (METRICS[0] as MetricName);
}

/** One value per module; `null` for a metric that is not computed. */
export function metricValues(
  metric: ModuleMetric | BaseMetric,
  metrics: ModuleMetrics | null,
  base: BaseComparison | null,
): Float64Array | null {
  if (metric === 'outAngle' || metric === 'inAngle') return base && base[metric];
  if (metric !== 'weightShare') return metrics && metrics[metric];
  return base && metrics && metrics.deltaNorm.map((norm, module) => norm / base.weightNorm[module]!);
}

/** The table of metrics while it fills. A module that has not arrived is NaN. */
export class GatheredMetrics {
  private readonly table: Record<ModuleMetric, Float64Array>;
  private readonly failures = new Map<number, string>();
  private readonly arrived: boolean[];

  constructor(modules: number) {
    const columns = METRICS.map(({ metric }) => [metric, new Float64Array(modules).fill(NaN)]);
    this.table = Object.fromEntries(columns) as Record<ModuleMetric, Float64Array>;
    this.arrived = new Array<boolean>(modules).fill(false);
  }

  has(module: number): boolean {
    return this.arrived[module] === true;
  }

  /** Adds a part and returns all that is known. */
  add(part: readonly MeasuredModule[]): ModuleMetrics {
    for (const { module, metrics, failure } of part) {
      this.arrived[module] = true;
      for (const { metric } of METRICS) this.table[metric][module] = metrics?.[metric] ?? NaN;
      if (failure !== undefined) this.failures.set(module, failure);
    }
    return { ...this.table, failures: [...this.failures].map(([module, message]) => ({ module, message })) };
  }

  /** Marks every module as arrived: the whole table came from elsewhere. */
  complete(): void {
    this.arrived.fill(true);
  }
}
