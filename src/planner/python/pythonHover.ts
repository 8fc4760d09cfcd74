/** Explains a class or an argument of a config call for this program, in Markdown. */

import { FIELD_TEXTS } from '../../peftConfig/fieldTexts';
import { METHOD_TEXTS } from '../../peftConfig/methodTexts';
import type { Finding } from '../../protocol/planner';
import type { PythonConfigCall } from '../../protocol/python';
import { configClass } from '../../peftConfig/configClasses';
import { unslothClass } from '../../python/unsloth';
import { formatBytes, formatCount, formatTrainableShare } from '../../text/numberText';
import { modelText } from '../../text/modelText';
import { code, plain } from '../hover/markdownText';
import { isAbout } from './findingArguments';
import type { PythonFacts } from './pythonFacts';

/** Nobody reads a longer list in a hover. */
const MAX_LISTED = 16;

interface HoverFacts {
  readonly facts: PythonFacts;
  /** Explains an entry of adapter_config.json; `null` if there is nothing to explain. */
  readonly explain: (key: string) => string | null;
}

export function classHover({ facts }: HoverFacts): string {
  const { call, budget, findings } = facts;
  return [
    `**${call.className}** (${code(call.peftType)}): ${plain(methodText(call.peftType))}`,
    ...countLines(facts),
    ...moduleTable(facts),
    ...bullets(call.unknown.map(({ key, reason }) => `${code(key)} is ${plain(reason)}`)),
    ...strangeLines(call),
    ...bullets(findings.map(sentence)),
    ...bullets((budget?.warnings ?? []).map(plain)),
  ].join('\n\n');
}

export function argumentHover(key: string, { facts, explain }: HoverFacts): string {
  const { call, findings } = facts;
  const byDefault = (configClass(call.className) ?? unslothClass(call.className))?.fields.get(key);
  if (byDefault !== undefined && fieldText(key) === '')
    return `${code(key)}: a setting of ${code(call.className)} that does not affect the count.`;
  if (byDefault === undefined)
    return strangeLines(call).join('\n\n') || `${code(key)}: passed on to ${code(call.className)}.`;
  const unknown = call.unknown.find((each) => each.key === key);
  const explained = unknown ? null : explain(key);
  return [
    `${code(key)}: ${plain(fieldText(key))} Default ${code(byDefault)}.`,
    ...(unknown ? [`${code(key)} is **${plain(unknown.reason)}**: its value is unknown.`] : []),
    ...(explained === null ? countLines(facts) : [explained]),
    ...bullets(findings.filter(({ code: kind }) => isAbout(kind, key)).map(sentence)),
  ].join('\n\n');
}

function methodText(peftType: string): string {
  return Object.hasOwn(METHOD_TEXTS, peftType) ? (METHOD_TEXTS[peftType] ?? '') : '';
}

function fieldText(key: string): string {
  return Object.hasOwn(FIELD_TEXTS, key) ? (FIELD_TEXTS[key]?.[1] ?? '') : '';
}

function countLines({ base, budget, missing, perRank, problem }: PythonFacts): readonly string[] {
  if (missing.length > 0) {
    const names = missing.slice(0, MAX_LISTED).map(({ key }) => code(key));
    const growth =
      perRank === null || !base ? '' : ` Each rank adds ${formatCount(perRank)} on ${code(modelText(base))}.`;
    return [`**Not counted**: the count depends on ${names.join(', ')}.${growth}`];
  }
  if (!base) return ['**Not counted**: the workspace has no config.json of a model.'];
  const title = code(modelText(base));
  if (!budget) return [`**Not counted** on ${title}: ${plain(problem)}`];
  const share = formatTrainableShare(budget.percent / 100);
  return [
    `**${formatCount(budget.trainable)} trainable parameters** of ${formatCount(budget.all)} on ${title}: ` +
      `${share}, file size ${formatBytes(budget.fileBytes)}.`,
  ];
}

/** One row for each last name of modules, as target_modules would hold it. */
function moduleTable({ budget }: PythonFacts): readonly string[] {
  const groups = new Map<string, { modules: number; trainable: number; readonly ranks: Set<number> }>();
  for (const { name, rank, trainable } of budget?.modules ?? []) {
    const last = name.slice(name.lastIndexOf('.') + 1);
    const group = groups.get(last) ?? { modules: 0, trainable: 0, ranks: new Set<number>() };
    groups.set(last, group);
    group.modules++;
    group.trainable += trainable;
    if (rank !== null) group.ranks.add(rank);
  }
  if (groups.size === 0) return [];
  const rows = [...groups].slice(0, MAX_LISTED).map(([name, { modules, ranks, trainable }]) => {
    const rank = [...ranks].sort((a, b) => a - b).join(', ');
    return `| ${code(name).replaceAll('|', '\\|')} | ${formatCount(modules)} | ${rank} | ${formatCount(trainable)} |`;
  });
  const more = groups.size > rows.length ? [`and ${formatCount(groups.size - rows.length)} more`] : [];
  return [['| Module | Count | Rank | Trainable |', '| --- | ---: | ---: | ---: |', ...rows].join('\n'), ...more];
}

function strangeLines({ strange, className }: PythonConfigCall): readonly string[] {
  if (strange.length === 0) return [];
  const names = strange.slice(0, MAX_LISTED).map(code);
  return [`**${names.join(', ')}**: not an argument of ${code(className)} in PEFT 0.21, which refuses the call.`];
}

function bullets(lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MAX_LISTED ? [`and ${formatCount(lines.length - MAX_LISTED)} more`] : [];
  return [[...lines.slice(0, MAX_LISTED), ...more].map((line) => `- ${line}`).join('\n')];
}

function sentence({ text: { message, args } }: Finding): string {
  return plain(message.replace(/\{(\d+)\}/g, (whole, index) => String(args[Number(index)] ?? whole)));
}
