/**
 * Checks a published claim, "trainable params: 4,194,304 || all params: 6,742,609,920 || trainable%: 0.0622". If the
 * claim differs from the count, it looks for other settings that give exactly these numbers.
 */

import { budgetOf } from './computeBudget';
import type { RawConfig } from '../peftConfig/configValues';
import { BudgetError } from '../peftConfig/errors';
import type { ModuleTable } from './moduleTable';
import { ownParameters } from './moduleTable';
import { formatCount as count } from '../text/numberText';

interface Claim {
  readonly trainable: number;
  /** `null` if the text does not state it. */
  readonly all: number | null;
  readonly percent: number | null;
}

/** Another model that the claim may be about. */
export interface KnownModel {
  readonly title: string;
  readonly parameters: number;
  readonly kinds: LinearKinds;
}

/** The linear layers by the last part of their names: the features that a LoRA of rank 1 trains, and the outputs. */
export type LinearKinds = ReadonlyMap<string, { readonly features: number; readonly outputs: number }>;

interface CheckedClaim {
  readonly agrees: boolean;
  /** Sentences to show: the verdict, then explanations. */
  readonly lines: readonly string[];
}

/** Characters read. A claim is a line or two of a log or a model card. */
const MAX_TEXT = 4000;
const RANKS = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512];
/** Kinds of modules whose subsets are tried. Eight kinds have 2^8 subsets, each tried with every rank. */
const MAX_KINDS = 8;
/** Settings that a message lists. A longer list would not help: many settings give the same number. */
const MAX_NAMED = 4;

/** Reads PEFT's own line and the usual variants of it. `null` if the text has no number of trainable parameters. */
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
  // 4.194.304 and 4,194,304 are grouped digits; 4.2 million is not.
  const grouped = /^\d{1,3}([.,_ ]\d{3})+$/.test(digits);
  const number = Number(grouped || !unit ? digits.replace(/[^\d]/g, '') : digits.replaceAll(',', ''));
  return Number.isFinite(number) ? Math.round(number * (UNITS[unit] ?? 1)) : null;
}

/**
 * Never throws for what a config can hold: if it cannot be counted, the lines say why. `others` is called only if no
 * settings on this model explain the claim.
 */
export function checkClaim(
  table: ModuleTable,
  config: RawConfig,
  claim: Claim,
  others: () => readonly KnownModel[] = () => [],
): CheckedClaim {
  let counted;
  try {
    counted = budgetOf(table, config);
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return {
      agrees: false,
      lines: [`These settings cannot be counted: ${error.message}`, ...otherSettings(table, claim, others)],
    };
  }
  const { trainable, all } = counted;
  const lines: string[] = [];
  const sameTrainable = trainable === claim.trainable;
  const sameAll = claim.all === null || claim.all === all;
  if (sameTrainable) lines.push(`Trainable parameters agree: ${count(trainable)}.`);
  else {
    lines.push(
      `Trainable parameters differ: these settings have ${count(trainable)}, ` +
        `the claim says ${count(claim.trainable)}${times(claim.trainable, trainable)}.`,
    );
    for (const line of otherSettings(table, claim, others)) lines.push(line);
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
        ? `The percentage follows from the claim's numbers: ${claim.percent}.`
        : `The percentage does not follow from the claim's numbers: ` +
            `${claim.percent} is claimed, ${own.toPrecision(4)} follows.`,
    );
  }
  return { agrees: sameTrainable && sameAll, lines };
}

/** ', exactly 4 times as many'; empty if `b` is 0. */
function times(a: number, b: number): string {
  if (b === 0) return '';
  const ratio = a / b;
  if (Number.isInteger(ratio)) return `, exactly ${ratio} times as many`;
  if (Number.isInteger(1 / ratio)) return `, exactly 1/${1 / ratio} as many`;
  return `, ${ratio.toPrecision(3)} times as many`;
}

function explainAll(
  table: ModuleTable,
  { trainable, all }: { readonly trainable: number; readonly all: number },
  claim: Claim,
): string[] {
  const claimed = claim.all!;
  const base = table.parameters;
  const lines: string[] = [];
  if (claimed === base) lines.push('The claim counts the base model alone, without the adapter.');
  if (claimed === base + claim.trainable && claim.trainable !== trainable)
    lines.push('The claimed total is the base model plus the trainable parameters of the claim, so the base agrees.');
  const output = table.modules.find(({ name }) => name === table.outputEmbedding);
  const input = table.modules.find(({ name }) => name === table.inputEmbedding);
  const head = ownParameters(output ?? input ?? NO_MODULE);
  if (head > 0 && claimed === all + head) lines.push('The claim counts the tied output layer a second time.');
  if (head > 0 && claimed === all - head)
    lines.push('The claim leaves out the output layer, as if it were tied to the embedding.');
  const linears = table.modules.filter(
    ({ kind, name }) => (kind === 'linear' || kind === 'conv1d') && name !== table.outputEmbedding,
  );
  const packed = linears.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
  if (Math.abs(claimed - (all - packed / 2)) <= 1e-3 * claimed)
    lines.push('The claim counts a 4-bit base as packed bytes, two weights to a byte: each linear layer counts half.');
  const vocabulary = input?.outFeatures ?? 0;
  const rest = Math.abs(claimed - all);
  if (lines.length === 0 && vocabulary > 0 && rest % vocabulary === 0)
    lines.push(
      `The difference is ${count(rest / vocabulary)} token embeddings of width ${count(vocabulary)}: ` +
        'the vocabulary was resized, or is another one.',
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

/** Other LoRA settings that train exactly `wanted` parameters, on this model or else on the other known ones. */
function otherSettings(
  table: ModuleTable,
  { trainable: wanted, all }: Claim,
  others: () => readonly KnownModel[],
): string[] {
  const found = settingsFor(linearKinds(table), wanted);
  if (found.length > 0) {
    const shown = found.slice(0, MAX_NAMED);
    const more = found.length > shown.length ? ` (and ${found.length - shown.length} more)` : '';
    return [`LoRA trains exactly this number with ${shown.join('; ')}${more}.`];
  }
  const elsewhere = others().flatMap(({ title, parameters, kinds }) => {
    const [first] = parameters === table.parameters ? [] : settingsFor(kinds, wanted);
    return first === undefined ? [] : [{ text: `${title} with ${first}`, agrees: parameters + wanted === all }];
  });
  // Many models share widths, so the models whose total the claim also states come first, and alone if there are any.
  const agreeing = elsewhere.filter(({ agrees }) => agrees);
  const shown = (agreeing.length > 0 ? agreeing : elsewhere).slice(0, MAX_NAMED).map(({ text }) => text);
  const none = 'No LoRA of a common rank on all linear layers of some kinds trains this number on this model';
  if (elsewhere.length === 0) return [`${none}: check for other layers, biases, modules_to_save, or another model.`];
  return [`${none}. The claim may be about another model: ${shown.join('; ')}.`];
}

export function linearKinds(table: ModuleTable): LinearKinds {
  const kinds = new Map<string, { features: number; outputs: number }>();
  for (const { name, kind, inFeatures, outFeatures } of table.modules) {
    if ((kind !== 'linear' && kind !== 'conv1d') || name === table.outputEmbedding) continue;
    const end = name.split('.').at(-1)!;
    const known = kinds.get(end) ?? { features: 0, outputs: 0 };
    kinds.set(end, { features: known.features + inFeatures + outFeatures, outputs: known.outputs + outFeatures });
  }
  return kinds;
}

/** The settings in words, the most common first: all linear layers, then few kinds before many. */
function settingsFor(kinds: LinearKinds, wanted: number): string[] {
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
      // DoRA trains a magnitude for each output.
      if (rank * features + outputs === wanted)
        found.push({ kinds: names.length + 1, words: `r = ${rank} and use_dora on ${where}` });
    }
  }
  return found.sort((a, b) => a.kinds - b.kinds).map(({ words }) => words);
}
