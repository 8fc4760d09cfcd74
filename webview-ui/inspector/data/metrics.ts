/** The metrics that colour the modules, with their names for people. */

import type { MeasuredModule, ModuleMetric, ModuleMetrics } from '../../../src/protocol/matrix';

interface MetricName {
  readonly metric: ModuleMetric;
  readonly label: string;
  readonly meaning: string;
}

export const METRICS: readonly MetricName[] = [
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

export function metricName(metric: ModuleMetric): MetricName {
  return METRICS.find((named) => named.metric === metric) ?? (METRICS[0] as MetricName);
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
