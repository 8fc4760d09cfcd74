/** The findings of an open source: a bundle of its own, loaded with the first report. */

import { fullReport, headerReport } from '../findings/findingsReport';
import type { MatrixSource } from '../matrices/matrixSource';
import type { FindingsReport, WeightsFinding } from '../protocol/findings';
import type { Progress } from '../protocol/rpc';
import { useEngine } from '../tensor/engine/current';
import type { Engine } from '../tensor/engine/engine';

/** Multiplications of one spectrum, about 50 ms with the engine: a hover waits no longer. The command line has no limit. */
const MAX_SPECTRUM_WORK = 2 ** 28;
/** Names that one finding sends to a page: 600 KB. The sentence of a finding has the whole number. */
const MAX_NAMES = 10_000;

/** The bundle has its own engine state, so the caller passes its engine, or `null`. Rejects as `fullReport` does. */
export async function readReport(
  engine: Engine | null,
  source: MatrixSource,
  values: boolean,
  progress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<FindingsReport> {
  if (!values) return shortened(headerReport(source.description));
  useEngine(engine);
  return shortened(await fullReport(source, { progress, signal, maxSpectrumWork: MAX_SPECTRUM_WORK }));
}

function shortened(report: FindingsReport): FindingsReport {
  const findings = report.findings.map((finding): WeightsFinding => ({
    ...finding,
    modules: finding.modules.slice(0, MAX_NAMES),
    tensors: finding.tensors.slice(0, MAX_NAMES),
  }));
  return { ...report, findings };
}
