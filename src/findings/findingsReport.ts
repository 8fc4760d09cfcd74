/** The findings of a source: those of its header at once, those of its values after reading all of them. */

import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { MatrixSource } from '../matrices/matrixSource';
import type { FindingLevel, FindingsReport, WeightsFinding } from '../protocol/findings';
import { belowPrecision } from './belowPrecision';
import { deadFactors } from './deadFactors';
import { duplicateModules } from './duplicateModules';
import type { HeaderRule, ValueRule } from './evidence';
import { gatherEvidence } from './gatherEvidence';
import type { GatheringOptions } from './gatherEvidence';
import { headerProblems } from './headerProblems';
import { missingHalf } from './missingHalf';
import { nonFinite } from './nonFinite';
import { normOutlier } from './normOutlier';
import { notCovered } from './notCovered';
import { rsloraAlpha } from './rsloraAlpha';
import { scalings } from './scalings';
import { spectrumSpike } from './spectrumSpike';
import { unmatchedTargets } from './targets';
import { unreadableTensors } from './unreadableTensors';
import { unusedRank } from './unusedRank';
import { zeroRows } from './zeroRows';

const HEADER_RULES: readonly HeaderRule[] = [headerProblems, missingHalf, scalings, unmatchedTargets, rsloraAlpha];

const VALUE_RULES: readonly ValueRule[] = [
  nonFinite,
  unreadableTensors,
  deadFactors,
  duplicateModules,
  normOutlier,
  unusedRank,
  spectrumSpike,
  belowPrecision,
  zeroRows,
];

const ORDER: readonly FindingLevel[] = ['error', 'warning', 'info'];

/** The findings that the header and the config show. Nothing is read. */
export function headerReport(description: SourceDescription): FindingsReport {
  return {
    findings: sorted(headerFindings(description)),
    read: 'header',
    scanned: { tensors: 0, values: 0 },
    notCovered: notCovered(description, null),
  };
}

/** All findings. Rejects with the signal's reason. */
export async function fullReport(source: MatrixSource, options: GatheringOptions = {}): Promise<FindingsReport> {
  const { description } = source;
  const evidence = await gatherEvidence(source, options);
  const findings = [...headerFindings(description), ...VALUE_RULES.flatMap((rule) => rule(evidence, description))];
  return {
    findings: sorted(findings),
    read: 'all',
    scanned: {
      tensors: evidence.tensors.length,
      values: evidence.tensors.reduce((sum, { values }) => sum + values, 0),
    },
    notCovered: notCovered(description, evidence),
  };
}

function headerFindings(description: SourceDescription): WeightsFinding[] {
  return HEADER_RULES.flatMap((rule) => rule(description));
}

/** Errors first; the rules' order within a level. */
function sorted(findings: readonly WeightsFinding[]): WeightsFinding[] {
  return [...findings].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
}
