/**
 * A published claim, "trainable params: 4,194,304 || all params: 6,742,609,920 || trainable%: 0.0622", held against the
 * count: does it agree, and if not, which other settings give exactly these numbers.
 */

import { budgetOf } from './computeBudget';
import type { RawConfig } from '../peftConfig/configValues';
import { BudgetError } from '../peftConfig/errors';
import type { ModuleTable } from './moduleTable';
import { ownParameters } from './moduleTable';
import { formatCount as count } from '../text/numberText';

interface Claim {
  readonly trainable: number;
  /** Null where the text does not say. */
  readonly all: number | null;
  readonly percent: number | null;
}

/** A model that the claim may be of instead. */
export interface KnownModel {
  readonly title: string;
  readonly table: ModuleTable;
}

interface CheckedClaim {
  readonly agrees: boolean;
  /** For people: first the verdict, then what explains it. */
  readonly lines: readonly string[];
}

/** A claim is a line or two of a log or a model card. */
const MAX_TEXT = 4000;
const RANKS = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512];
/** Every set of so many kinds of modules is tried: 2^8 for each rank. */
const MAX_KINDS = 8;
/** Settings that are named; where more give the same number, it tells little. */
const MAX_NAMED = 4;

/** Null where the text holds no number of trainable parameters. Understands PEFT's print and the usual ways to retell it. */
export function parseClaim(text: string): Claim | null {
  const bounded = text.slice(0, MAX_TEXT);
  const trainable = figure(
    bounded,
    /trainable(?:\s+(?:params?|parameters))?\s*[:=]\s*([\d][\d,_. ]*)(\s*(?:[kmb]\b|thousand|million|billion))?/i,
  );
  const all = figure(
    bounded,
    /(?:all|total)(?:\s+(?:params?|parameters))?\s*[:=]\s*([\d][\d,_. ]*)(\s*(?:[kmb]\b|thousand|million|billion))?/i,
  );
  const percent = /trainable\s*(?:%|percent(?:age)?)\s*[:=]?\s*(\d+(?:\.\d+)?(?:e-?\d+)?)/i.exec(bounded);
  if (trainable === null) return null;
  return { trainable, all, percent: percent ? Number(percent[1]) : null };
}

const UNITS: Readonly<Record<string, number>> = { k: 1e3, thousand: 1e3, m: 1e6, million: 1e6, b: 1e9, billion: 1e9 };

function figure(text: string, pattern: RegExp): number | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const unit = (match[2] ?? '').trim().toLowerCase();
  const digits = match[1]!.trim();
  // 4.194.304 and 4,194,304 are grouped; 4.2 million is not.
  const grouped = /^\d{1,3}([.,_ ]\d{3})+$/.test(digits);
  const number = Number(grouped || !unit ? digits.replace(/[^\d]/g, '') : digits.replaceAll(',', ''));
  return Number.isFinite(number) ? Math.round(number * (UNITS[unit] ?? 1)) : null;
}

/** Never throws for what a config can hold: what cannot be counted is said. */
export function checkClaim(
  table: ModuleTable,
  config: RawConfig,
  claim: Claim,
  others: readonly KnownModel[] = [],
): CheckedClaim {
  let counted;
  try {
    counted = budgetOf(table, config);
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return {
      agrees: false,
      lines: [`These settings cannot be counted: ${error.message}`, ...otherSettings(table, claim.trainable, others)],
    };
  }
  const { trainable, all } = counted;
  const lines: string[] = [];
  const sameTrainable = trainable === claim.trainable;
  const sameAll = claim.all === null || claim.all === all;
  if (sameTrainable) lines.push(`Trainable parameters agree: ${count(trainable)}.`);
  else {
    lines.push(
      `Trainable parameters differ: the claim says ${count(claim.trainable)}, these settings have ${count(trainable)} (${times(claim.trainable, trainable)}).`,
    );
    for (const line of otherSettings(table, claim.trainable, others)) lines.push(line);
  }
  if (claim.all !== null) {
    if (sameAll) lines.push(`All parameters agree: ${count(all)}.`);
    else {
      lines.push(
        `All parameters differ: the claim says ${count(claim.all)}, the model with this adapter has ${count(all)}.`,
      );
      for (const line of explainAll(table, counted, claim)) lines.push(line);
    }
  }
  if (claim.percent !== null) {
    const own = (100 * claim.trainable) / (claim.all ?? all);
    const close = Math.abs(own - claim.percent) <= 5e-5 + 5e-3 * own;
    lines.push(
      close
        ? `The percentage follows from its numbers: ${claim.percent}.`
        : `The percentage does not follow from its numbers: ${claim.percent} is said, ${own.toPrecision(4)} follows.`,
    );
  }
  return { agrees: sameTrainable && sameAll, lines };
}

function times(a: number, b: number): string {
  if (b === 0) return 'none here';
  const ratio = a / b;
  return Number.isInteger(ratio) || Number.isInteger(1 / ratio)
    ? `exactly ${ratio >= 1 ? `${ratio} times` : `1/${1 / ratio} of`} them`
    : `${ratio.toPrecision(3)} times`;
}

function explainAll(
  table: ModuleTable,
  { trainable, all }: { readonly trainable: number; readonly all: number },
  claim: Claim,
): string[] {
  const claimed = claim.all!;
  const base = table.parameters;
  const lines: string[] = [];
  if (claimed === base) lines.push('It is the base model alone, without the adapter.');
  if (claimed === base + claim.trainable && claim.trainable !== trainable)
    lines.push('It is the base model plus the trainable parameters of the claim, so the base agrees.');
  const output = table.modules.find(({ name }) => name === table.outputEmbedding);
  const input = table.modules.find(({ name }) => name === table.inputEmbedding);
  const head = ownParameters(output ?? input ?? NO_MODULE);
  if (head > 0 && claimed === all + head) lines.push('It counts the tied output layer a second time.');
  if (head > 0 && claimed === all - head)
    lines.push('It leaves the output layer out, as if it were tied to the embedding.');
  const linears = table.modules.filter(
    ({ kind, name }) => (kind === 'linear' || kind === 'conv1d') && name !== table.outputEmbedding,
  );
  const packed = linears.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
  if (Math.abs(claimed - (all - packed / 2)) <= 1e-3 * claimed)
    lines.push('It counts a 4-bit base as it is packed, two weights to a byte: each linear layer counts half.');
  const vocabulary = input?.outFeatures ?? 0;
  const rest = Math.abs(claimed - all);
  if (lines.length === 0 && vocabulary > 0 && rest % vocabulary === 0)
    lines.push(
      `The difference is ${count(rest / vocabulary)} embeddings of ${count(vocabulary)}: the vocabulary was resized, or differs.`,
    );
  return lines;
}

const NO_MODULE = {
  kind: 'parameters',
  name: '',
  inFeatures: 0,
  outFeatures: 0,
  bias: false,
  tensors: [],
} as unknown as Parameters<typeof ownParameters>[0];

/** Other settings of LoRA that train exactly so many parameters, on this model or else on others that are known. */
function otherSettings(table: ModuleTable, wanted: number, others: readonly KnownModel[]): string[] {
  const found = settingsFor(table, wanted);
  if (found.length > 0) {
    const shown = found.slice(0, MAX_NAMED);
    const more = found.length > shown.length ? ` (and ${found.length - shown.length} more)` : '';
    return [`LoRA has exactly so many with ${shown.join('; ')}${more}.`];
  }
  const elsewhere = others.flatMap(({ title, table: other }) => {
    const [first] = other.parameters === table.parameters ? [] : settingsFor(other, wanted);
    return first === undefined ? [] : [`${title} with ${first}`];
  });
  const none = 'No LoRA of a usual rank on whole kinds of linear layers of this model has so many';
  if (elsewhere.length === 0) return [`${none}: look for other layers, biases, modules_to_save, or another model.`];
  return [`${none}. The claim may be of another model: ${elsewhere.slice(0, MAX_NAMED).join('; ')}.`];
}

/** In words, the sets that people use first: all linear layers, then few kinds before many. */
function settingsFor(table: ModuleTable, wanted: number): string[] {
  const kinds = new Map<string, { features: number; outputs: number }>();
  for (const { name, kind, inFeatures, outFeatures } of table.modules) {
    if ((kind !== 'linear' && kind !== 'conv1d') || name === table.outputEmbedding) continue;
    const end = name.split('.').at(-1)!;
    const known = kinds.get(end) ?? { features: 0, outputs: 0 };
    kinds.set(end, { features: known.features + inFeatures + outFeatures, outputs: known.outputs + outFeatures });
  }
  const tried = [...kinds].slice(0, MAX_KINDS);
  const found: { readonly kinds: number; readonly words: string }[] = [];
  for (let chosen = 1; chosen < 1 << tried.length; chosen++) {
    const names = tried.filter((_, i) => (chosen >> i) & 1);
    const features = names.reduce((sum, [, own]) => sum + own.features, 0);
    const outputs = names.reduce((sum, [, own]) => sum + own.outputs, 0);
    const every = names.length === kinds.size;
    const where = every ? 'all linear layers' : names.map(([name]) => name).join(', ');
    for (const rank of RANKS) {
      if (rank * features === wanted) found.push({ kinds: every ? 0 : names.length, words: `r = ${rank} on ${where}` });
      // DoRA learns a magnitude for each output.
      if (rank * features + outputs === wanted)
        found.push({ kinds: names.length + 1, words: `r = ${rank} and use_dora on ${where}` });
    }
  }
  return found.sort((a, b) => a.kinds - b.kinds).map(({ words }) => words);
}
