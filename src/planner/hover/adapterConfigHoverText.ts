/** Explains an entry of adapter_config.json for its adapter, in Markdown. Pure. */

import { shownValue } from '../../peftConfig/configValues';
import { readPattern } from './readPattern';
import { architectureOf } from '../../budget/architectures';
import { formatBytes, formatCount, formatTrainableShare } from '../../text/numberText';
import type { AdapterFacts } from './adapterFacts';
import { ExplainedAdapter } from './adapterFacts';
import { attempt } from '../attempt';
import { code, plain } from './markdownText';
import { matchTarget } from './targetMatches';

/** A saved adapter can list every module by name. */
const MAX_LISTED = 24;
const WEIGHTS = '`adapter_model.safetensors`';

type Explain = (facts: ExplainedAdapter, path: readonly (string | number)[]) => readonly string[];

/** `path` leads from the file's object to the entry: ['target_modules', 1]. `null` if there is nothing to explain. */
export function hoverText(path: readonly (string | number)[], facts: AdapterFacts): string | null {
  const [key] = path;
  const explain = typeof key === 'string' ? EXPLANATIONS.get(key) : undefined;
  return explain ? explain(new ExplainedAdapter(facts), path).join('\n\n') : null;
}

export function isExplained(key: string | number | undefined): boolean {
  return typeof key === 'string' && EXPLANATIONS.has(key);
}

const EXPLANATIONS: ReadonlyMap<string, Explain> = new Map<string, Explain>([
  ['r', explainRank],
  ['lora_alpha', explainAlpha],
  ['use_rslora', explainAlpha],
  ['target_modules', explainTargets],
  ['rank_pattern', (adapter) => explainPattern(adapter, 'rank_pattern')],
  ['alpha_pattern', (adapter) => explainPattern(adapter, 'alpha_pattern')],
  ['lora_dropout', explainDropout],
  ['num_virtual_tokens', (adapter) => ['**Virtual tokens** that are learned.', ...explainParameters(adapter)]],
  [
    'peft_type',
    (adapter) => [`**Method**: ${code(shownValue(adapter.value('peft_type')))}.`, ...explainParameters(adapter)],
  ],
  ['base_model_name_or_path', explainBase],
  ['use_dora', (adapter) => explainServed(adapter, 'use_dora')],
  ['modules_to_save', (adapter) => explainServed(adapter, 'modules_to_save')],
  ['bias', (adapter) => explainServed(adapter, 'bias')],
]);

function explainRank(adapter: ExplainedAdapter): readonly string[] {
  const { rank, config, isLora } = adapter;
  if (rank === null || !Number.isInteger(rank)) {
    return [`**Rank** must be a whole number above 0, not ${code(JSON.stringify(config['r']) ?? 'nothing')}.`];
  }
  const r = formatCount(rank);
  const shapes = isLora ? `Each adapted module gets A (${r} x in) and B (out x ${r}).` : '';
  return [
    `**Rank** ${r}. ${shapes}`.trim(),
    ...scalingLines(adapter),
    ...rankInWeights(adapter, rank),
    ...explainParameters(adapter),
    ...growthLine(adapter, rank),
  ];
}

function explainAlpha(adapter: ExplainedAdapter): readonly string[] {
  if (!adapter.isLora) return [];
  const { rank, alpha, rankStabilised } = adapter;
  if (rank === null || alpha === null) return ['The scaling needs a rank and an alpha above 0.'];
  const other = rankStabilised
    ? `Without rsLoRA it would be ${number(alpha / rank)}.`
    : `With rsLoRA it would be ${number(alpha / Math.sqrt(rank))}.`;
  return [...scalingLines(adapter), other];
}

/** The factor of the update B·A. */
function scalingLines({ rank, alpha, rankStabilised, isLora, config }: ExplainedAdapter): readonly string[] {
  if (!isLora || rank === null || alpha === null) return [];
  const [formula, figures, scaling] = rankStabilised
    ? ['lora_alpha / √r', `${number(alpha)} / √${number(rank)}`, alpha / Math.sqrt(rank)]
    : ['lora_alpha / r', `${number(alpha)} / ${number(rank)}`, alpha / rank];
  const patterned = ['rank_pattern', 'alpha_pattern'].some(
    (key) => attempt(() => readPattern(config, key).length) ?? 0,
  );
  const besides = patterned ? ' Modules in rank_pattern and alpha_pattern have their own.' : '';
  return [`**Scaling** ${formula} = ${figures} = **${number(scaling)}**: ΔW = ${number(scaling)} · B·A.${besides}`];
}

function rankInWeights({ weights, config }: ExplainedAdapter, rank: number): readonly string[] {
  const ranks = [...new Set((weights?.lora ?? []).map((module) => module.rank))].sort((a, b) => a - b);
  const patterned = (attempt(() => readPattern(config, 'rank_pattern').length) ?? 0) > 0;
  if (ranks.length === 0 || patterned || ranks.includes(rank)) return [];
  return [`**Differs from the weights**: ${WEIGHTS} holds rank ${ranks.map(formatCount).join(', ')}.`];
}

/** Counts the weights if there are any, otherwise the base model's shapes. */
function explainParameters(adapter: ExplainedAdapter): readonly string[] {
  const { weights, baseTitle } = adapter;
  if (weights) {
    const modules = weights.lora.length > 0 ? ` of ${count(weights.lora.length, 'module')}` : '';
    const tensors = `${count(weights.tensors.length, 'tensor')}${modules}`;
    return [`**${formatCount(weights.parameters)} parameters** in ${tensors} (${WEIGHTS})${shareOfStored(adapter)}.`];
  }
  const budget = adapter.budget();
  if (!budget) return [];
  const share = formatTrainableShare(budget.percent / 100);
  const bytes = formatBytes(budget.fileBytes);
  return [
    `**${formatCount(budget.trainable)} trainable parameters** on the shapes of ${code(baseTitle)}: ` +
      `${share} of all parameters, file size ${bytes}.`,
  ];
}

/** PEFT's percentage. A file may hold more or less than what is trained, such as VeRA's random factors. */
function shareOfStored(adapter: ExplainedAdapter): string {
  const budget = adapter.budget();
  if (!budget) return '';
  const share = `${formatTrainableShare(budget.percent / 100)} of all parameters`;
  const stored = adapter.weights?.parameters === budget.trainable;
  const model = adapter.standsIn ? ` on ${code(adapter.baseTitle)}` : '';
  return `${stored ? ', ' : `; ${formatCount(budget.trainable)} are trainable, `}${share}${model}`;
}

function growthLine(adapter: ExplainedAdapter, rank: number): readonly string[] {
  if (!adapter.isLora) return [];
  const here = adapter.budget({ r: rank });
  const next = adapter.budget({ r: rank + 1 });
  if (here && next && next.trainable > here.trainable)
    return [`Each extra rank adds ${formatCount(next.trainable - here.trainable)}.`];
  const inOut = (adapter.weights?.lora ?? []).reduce(
    (sum, { inFeatures, outFeatures }) => sum + inFeatures + outFeatures,
    0,
  );
  return inOut > 0 ? [`Each extra rank adds ${formatCount(inOut)}.`] : [];
}

function explainTargets(adapter: ExplainedAdapter, path: readonly (string | number)[]): readonly string[] {
  const targets = adapter.value('target_modules');
  if (targets === undefined || targets === null) return [...usualTargets(adapter), ...explainParameters(adapter)];
  if (typeof targets === 'string') {
    const what =
      targets.toLowerCase() === 'all-linear'
        ? 'every linear layer except the output layer'
        : 'modules whose whole name matches a Python regular expression';
    return [`**Target modules**: ${what}.`, ...explainParameters(adapter)];
  }
  if (!Array.isArray(targets))
    return ['**Target modules** is a list of names, one regular expression, or "all-linear".'];
  const names = targets.filter((name): name is string => typeof name === 'string');
  const hovered = typeof path[1] === 'number' ? targets[path[1]] : undefined;
  const shown = typeof hovered === 'string' ? [hovered] : names.slice(0, MAX_LISTED);
  const more =
    typeof hovered !== 'string' && names.length > shown.length
      ? [`and ${formatCount(names.length - shown.length)} more`]
      : [];
  const lines = [...shown.map((name) => `- ${targetLine(adapter, name)}`), ...more.map((text) => `- ${text}`)];
  return [
    '**Target modules**: each name matches every module whose name ends with it.',
    lines.join('\n'),
    ...explainParameters(adapter),
  ];
}

function targetLine({ weights, table, baseTitle }: ExplainedAdapter, name: string): string {
  const matches = matchTarget(name, weights, table);
  const meant = matches.meant === null ? '' : ` Did you mean ${code(matches.meant)}?`;
  const inBase = matches.base === null ? '' : `${count(matches.base, 'module')} of ${code(baseTitle)}`;
  if (matches.weights) {
    const { modules, tensors } = matches.weights;
    if (tensors > 0) return `${code(name)}: ${count(modules, 'module')}, ${count(tensors, 'tensor')}`;
    const wouldBe = matches.base ? `, although it matches ${inBase}` : '';
    return `${code(name)}: **not matched by any tensor** in ${WEIGHTS}${wouldBe}.${meant}`;
  }
  if (matches.base === null) return code(name);
  return matches.base > 0
    ? `${code(name)}: ${inBase}`
    : `${code(name)}: **matches no module** of ${code(baseTitle)}.${meant}`;
}

function usualTargets({ table }: ExplainedAdapter): readonly string[] {
  const usual = table ? (architectureOf(table.shape.modelType)?.defaultTargets ?? []) : [];
  if (!table || usual.length === 0)
    return ["**Target modules**: null means PEFT's default for the base model's type, if it has one."];
  return [
    `**Target modules**: null means PEFT's default for ${code(table.shape.modelType)}: ${usual.map(code).join(', ')}.`,
  ];
}

function explainPattern(adapter: ExplainedAdapter, key: 'rank_pattern' | 'alpha_pattern'): readonly string[] {
  const pairs = attempt(() => readPattern(adapter.config, key)) ?? [];
  const what = key === 'rank_pattern' ? 'rank' : 'alpha';
  const base = key === 'rank_pattern' ? adapter.rank : adapter.alpha;
  if (pairs.length === 0) return [`Every adapted module has ${what} ${base === null ? '' : number(base)}.`];
  const lines = pairs.slice(0, MAX_LISTED).map(([name, value]) => `- ${code(name)}: ${what} ${number(value)}`);
  return [`Modules with their own ${what}. The first key that matches the end of a name applies.`, lines.join('\n')];
}

function explainDropout(adapter: ExplainedAdapter): readonly string[] {
  const share = adapter.value('lora_dropout');
  if (typeof share !== 'number' || share < 0 || share >= 1)
    return ['**Dropout** on the input of A during training: from 0 to below 1.'];
  return [`**Dropout** of ${number(100 * share)}% of the input of A, during training. It changes no count.`];
}

/** Heads that vLLM loads with an adapter. */
const SERVED_HEADS = ['classifier', 'score'];

/** Explains settings that keep vLLM from loading the adapter. Source: vllm/lora/peft_helper.py. */
function explainServed(adapter: ExplainedAdapter, key: 'use_dora' | 'modules_to_save' | 'bias'): readonly string[] {
  const value = adapter.value(key);
  const said: string[] = [];
  if (key === 'use_dora')
    said.push(
      value === true ? '**DoRA** trains a magnitude for each output together with the factors.' : '**DoRA** is off.',
    );
  else if (key === 'bias')
    said.push(`**Biases** trained with the adapter: ${code(typeof value === 'string' ? value : 'none')}.`);
  else if (!Array.isArray(value) || value.length === 0) said.push('**Modules to save**: no module is fully trained.');
  else {
    const names = value.filter((name): name is string => typeof name === 'string').slice(0, MAX_LISTED);
    said.push(`**Modules to save**: ${names.map(code).join(', ')}, fully trained and saved in full.`);
  }
  const refused =
    key === 'use_dora'
      ? value === true
      : key === 'bias'
        ? typeof value === 'string' && value !== 'none'
        : Array.isArray(value) && value.some((name) => typeof name !== 'string' || !SERVED_HEADS.includes(name));
  const warning = 'vLLM does not load an adapter with this setting. Merge it into the base model to serve it there.';
  return [...said, ...(adapter.isLora && refused ? [warning] : []), ...explainParameters(adapter)];
}

function explainBase(adapter: ExplainedAdapter): readonly string[] {
  const { baseTitle, table } = adapter;
  if (!baseTitle)
    return ['**Base model**: no config.json found in this workspace, on the disk or in the Hugging Face cache.'];
  const total = table ? `, ${formatCount(table.parameters)} parameters` : '';
  return [`**Base model**: shapes from ${code(baseTitle)}${total}.`, ...(table?.warnings ?? []).map(plain)];
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function count(amount: number, noun: string): string {
  return `${formatCount(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}
