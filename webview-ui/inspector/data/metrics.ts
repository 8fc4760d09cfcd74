/** The measures by which modules are coloured, as people name them. */

import type { ModuleMetric } from '../../../src/protocol/matrix';

export interface MetricName {
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
    meaning: 'exp of the entropy of the normalised singular values: how many directions are used.',
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
