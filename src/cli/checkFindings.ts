/** Collects the problems of a checkpoint: those of its header, its config and its values, all of which are read. */

import { CheckpointError } from '../checkpoint/errors';
import { quoted } from '../peftConfig/quoted';
import { PatternError } from '../peftConfig/errors';
import { PythonPattern } from '../peftConfig/pythonPattern';
import { withoutSuffixes } from '../peftConfig/wrappedPath';
import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import type { MatrixSource } from '../matrices/matrixSource';
import { everything } from '../matrices/matrixReader';

/** 'untrained' means that a module changes nothing: the file is intact, but this is never intended. */
export type Severity = 'error' | 'untrained' | 'warning' | 'info';

interface Finding {
  readonly severity: Severity;
  /** Code for scripts: 'structure', 'non-finite', 'dead-product', 'scaling', 'target' or 'config'. */
  readonly code: string;
  readonly message: string;
  readonly subject?: string;
}

interface Findings {
  readonly findings: readonly Finding[];
  readonly scanned: { readonly tensors: number; readonly values: number };
}

/** Module names listed in one message. */
const LISTED = 5;
/** PEFT adds both names for a classifier, whichever of them the model has. */
const AUTOMATIC_HEADS: ReadonlySet<string> = new Set(['classifier', 'score', 'qa_outputs']);

export async function findProblems(source: MatrixSource): Promise<Findings> {
  const { description } = source;
  const structure = description.problems.map(({ severity, message, subject }): Finding => ({
    severity,
    code: 'structure',
    message,
    ...(subject !== undefined && { subject }),
  }));
  const findings = [...structure, ...scalings(description), ...targets(description)];
  const zeros = new Set<string>();
  const scanned = await scanValues(source, findings, zeros);
  return { findings: [...findings, ...deadProducts(source, zeros)], scanned };
}

async function scanValues(source: MatrixSource, findings: Finding[], zeros: Set<string>): Promise<Findings['scanned']> {
  let tensors = 0;
  let values = 0;
  for (const { name, readable } of source.description.tensors) {
    if (!readable) continue;
    try {
      const counts = await countValues(source, name);
      tensors++;
      values += counts.values;
      if (counts.zero === counts.values && counts.values > 0) zeros.add(name);
      if (counts.nan + counts.infinite === 0) continue;
      const parts = [
        ...(counts.nan > 0 ? [`${counts.nan} NaN`] : []),
        ...(counts.infinite > 0 ? [`${counts.infinite} infinite value${counts.infinite === 1 ? '' : 's'}`] : []),
      ];
      const message = `${quoted(name)} holds ${parts.join(' and ')} among ${counts.values}`;
      findings.push({ severity: 'error', code: 'non-finite', message, subject: name });
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      // A dtype that cannot be decoded is information; a tensor that cannot be read is damage.
      const severity = error.code === 'Unreadable' ? 'info' : 'error';
      findings.push({ severity, code: 'unread', message: error.message, subject: name });
    }
  }
  return { tensors, values };
}

interface Counts {
  readonly values: number;
  readonly nan: number;
  readonly infinite: number;
  readonly zero: number;
}

async function countValues(source: MatrixSource, name: string): Promise<Counts> {
  const matrix = await source.matrix({ kind: 'entries', name });
  let [nan, infinite, zero] = [0, 0, 0];
  await matrix.scan(everything(matrix), ({ values }) => {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === 0) zero++;
      // value - value is NaN only for NaN and infinity, so that finite values cost a single comparison.
      else if (value - value !== 0) {
        if (Number.isNaN(value)) nan++;
        else infinite++;
      }
    }
  });
  return { values: matrix.rows * matrix.columns, nan, infinite, zero };
}

/**
 * Finds modules whose update is exactly zero because one of their factors is. Every product is linear in each of its
 * factors, so nothing has to be multiplied.
 */
function deadProducts(source: MatrixSource, zeros: ReadonlySet<string>): Finding[] {
  const { lora } = source.description;
  if (zeros.size === 0) return [];
  const dead: { module: string; factor: string }[] = [];
  for (const { module, a, b, unavailable } of lora) {
    if (unavailable !== undefined) continue;
    const factor = zeros.has(b) ? 'B' : zeros.has(a) ? 'A' : null;
    if (factor !== null) dead.push({ module, factor });
    else if (source.productInputs?.(module).some((tensor) => zeros.has(tensor)))
      dead.push({ module, factor: 'a factor' });
  }
  const [first] = dead;
  if (!first) return [];
  const everyone = dead.length === lora.length;
  const listed = dead.slice(0, LISTED).map(({ module }) => quoted(module));
  const names = `${listed.join(', ')}${dead.length > LISTED ? ` and ${dead.length - LISTED} more` : ''}`;
  const cause = `${first.factor} is all zero in`;
  const message = everyone
    ? `the adapter changes nothing: ${cause} all ${dead.length} modules, which were never trained`
    : `${dead.length} of ${lora.length} modules change nothing and were never trained: ${cause} ${names}`;
  return [{ severity: 'untrained', code: 'dead-product', message, subject: first.module }];
}

function scalings({ lora }: SourceDescription): Finding[] {
  const odd = (info: LoraModuleInfo): string | null => {
    if (!Number.isFinite(info.scaling)) return 'is not finite';
    if (info.scaling === 0) return 'is zero, so the module changes nothing';
    return info.scaling < 0 ? 'is negative' : null;
  };
  const findings = new Map<string, { modules: LoraModuleInfo[]; what: string }>();
  for (const info of lora) {
    const what = odd(info);
    if (what === null) continue;
    const found = findings.get(what) ?? { modules: [], what };
    findings.set(what, found);
    found.modules.push(info);
  }
  return [...findings.values()].map(({ modules, what }) => {
    const [first] = modules as [LoraModuleInfo];
    const others = modules.length > 1 ? ` and of ${modules.length - 1} more` : '';
    const message = `the scaling of ${quoted(first.module)}${others} ${what}: ${first.scalingSource}`;
    return { severity: 'warning', code: 'scaling', message, subject: first.module };
  });
}

/** Reports config entries that match no tensor of the file. */
function targets({ adapters = [], settings, method }: SourceDescription): Finding[] {
  if (!settings || adapters.length === 0) return [];
  const adapted = adapters.filter(({ method }) => method !== 'SAVED').map(({ module }) => plain(module));
  const saved = adapters.map(({ module }) => plain(module));
  const findings: Finding[] = [];
  const unmatched = (field: string, key: string): void => {
    const message = `adapter_config.json: ${field} ${quoted(key)} matches no module of the file`;
    findings.push({ severity: 'warning', code: 'target', message, subject: key });
  };
  // Uni-LoRA and prompt methods store nothing per module. An adaption prompt's only target is a name, not a pattern.
  const stored = adapted.some((module) => module !== '');
  const ends = (modules: readonly string[], key: string): boolean =>
    modules.some((module) => module === key || module.endsWith(`.${key}`));
  const wanted = settings.targetModules.filter((key) => !settings.excludedModules.includes(key));
  for (const key of stored ? wanted : []) if (!ends(adapted, key)) unmatched('target_modules', key);
  if (settings.targetPattern !== null && stored && method !== 'ADAPTION_PROMPT') {
    if (matchesNone(settings.targetPattern, adapted)) unmatched('target_modules', settings.targetPattern);
  }
  for (const key of settings.targetParameters) if (!ends(adapted, key)) unmatched('target_parameters', key);
  for (const key of settings.modulesToSave)
    if (!AUTOMATIC_HEADS.has(key) && !saved.some((module) => `${module}.`.includes(`${key}.`)))
      unmatched('modules_to_save', key);
  return findings;
}

/** Removes the prefixes of PEFT's wrapper modules from a name. */
function plain(module: string): string {
  return withoutSuffixes(module).replace(/\.(?:base_layer|token_adapter)(?=\.|$)/g, '');
}

/** False for a pattern that cannot be evaluated. */
function matchesNone(pattern: string, modules: readonly string[]): boolean {
  if (pattern.toLowerCase() === 'all-linear') return false;
  try {
    const compiled = new PythonPattern(pattern);
    return !modules.some((module) => compiled.fullMatch(module));
  } catch (error) {
    if (error instanceof PatternError) return false;
    throw error;
  }
}
