/** `peft-inspector inspect`: prints the contents of a checkpoint as a table or as JSON. */

import { parseArgs } from 'node:util';
import type { SourceDescription } from '../checkpoint/sourceDescription';
import type { Command } from './command';
import { describeModules } from './inspectModules';
import type { ModuleReport } from './inspectModules';
import { withCheckpoint } from './openForCli';
import type { CliCheckpoint } from './openForCli';
import { harmless, table } from './terminalText';
import { inNameOrder } from '../text/nameOrder';
import { formatCount } from '../text/numberText';

const OPTIONS = { json: { type: 'boolean' } } as const;
/** Table rows printed to a terminal. The JSON lists all of them. */
const SHOWN_MODULES = 400;
/** Names of other checkpoints listed in one message. */
const LISTED_OTHERS = 5;
const SHOWN_PROBLEMS = 20;

export const inspectCommand: Command = {
  name: 'inspect',
  synopsis: 'inspect <file or folder> [--json]',
  summary: 'Show what a checkpoint holds: format, method, modules with rank, alpha, scaling and norms.',
  options: [
    '<file or folder>  .safetensors, .gguf, an index.json, or a folder, where an adapter is preferred to a base model',
    '--json            format, method, baseModel, parameters, dtypes, tensors, modules, problems as JSON',
  ],
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    return withCheckpoint(positionals, async (checkpoint) => {
      const report = await inspect(checkpoint);
      return values.json ? { json: report } : { lines: asLines(report) };
    });
  },
};

async function inspect({ source, file, others }: CliCheckpoint) {
  const { description } = source;
  const { method, parameters, tensors, layout, config, unexplained, prompts, prefixes, bottlenecks } = description;
  const container = description.file?.format ?? 'unknown';
  const problems = [...description.problems];
  if (others.length > 0) {
    const names = others.slice(0, LISTED_OTHERS).join(', ');
    const message = `the folder holds ${others.length} other checkpoints, which are not read: ${names}`;
    problems.push({ severity: 'info', message });
  }
  return {
    file,
    format: layout ? `${container} (${layout})` : container,
    container,
    layout: layout ?? null,
    method,
    baseModel: baseModel(description),
    bytes: description.file?.bytes ?? null,
    parameters,
    dtypes: dtypesOf(description),
    config: config.map(([label, value]) => ({ label, value })),
    metadata: (description.file?.metadata ?? []).map(([key, value]) => ({ key, value })),
    tensors: tensors.map(({ name, dtype, shape, bytes, readable, packed }) => ({
      name,
      dtype,
      shape,
      bytes,
      readable,
      ...(packed && { packed }),
    })),
    modules: await describeModules(source),
    bottlenecks: bottlenecks.map(({ activations: _, ...rest }) => rest),
    prompts,
    prefixes,
    unexplained: unexplained ?? [],
    problems,
  };
}

type Report = Awaited<ReturnType<typeof inspect>>;

/** The config names the base model; some trainers keep it in the file's metadata instead. */
function baseModel({ config, file }: SourceDescription): string | null {
  const said = config.find(([label]) => label === 'Base model')?.[1];
  if (said !== undefined) return said;
  const keys = ['ss_sd_model_name', 'ss_base_model_version', 'modelspec.architecture', 'general.base_model.0.name'];
  for (const key of keys) {
    const value = file?.metadata.find(([name]) => name === key)?.[1];
    if (value !== undefined && value !== '') return value;
  }
  return null;
}

function dtypesOf({ tensors }: SourceDescription) {
  const dtypes = new Map<string, { tensors: number; parameters: number; bytes: number }>();
  for (const { dtype, shape, bytes } of tensors) {
    const found = dtypes.get(dtype) ?? { tensors: 0, parameters: 0, bytes: 0 };
    dtypes.set(dtype, found);
    found.tensors++;
    found.parameters += shape.reduce((product, size) => product * size, 1);
    found.bytes += bytes;
  }
  return [...dtypes].map(([dtype, sums]) => ({ dtype, ...sums }));
}

function asLines(report: Report): string[] {
  const facts: [string, string][] = [
    ['file', report.file],
    ['format', report.format],
    ['method', report.method ?? 'none: no adapter'],
  ];
  if (report.baseModel !== null) facts.push(['base model', report.baseModel]);
  facts.push(['tensors', formatCount(report.tensors.length)], ['parameters', formatCount(report.parameters)]);
  const dtypes = report.dtypes.map(({ dtype, parameters }) => `${dtype} (${formatCount(parameters)})`);
  facts.push(['dtypes', dtypes.join(', ')]);
  const isPlain = report.modules.length === 0 && report.prompts.length + report.prefixes.length === 0;
  const lines = [
    ...facts.map(([label, value]) => `${`${label}:`.padEnd(12)}${harmless(value, 1000)}`),
    ...promptLines(report),
    ...moduleLines(report.modules),
    ...(isPlain ? tensorLines(report) : []),
  ];
  if (report.problems.length > 0) {
    lines.push('', 'problems:');
    for (const { severity, message } of report.problems.slice(0, SHOWN_PROBLEMS))
      lines.push(`  ${severity}: ${message}`);
    const more = report.problems.length - SHOWN_PROBLEMS;
    if (more > 0) lines.push(`  and ${formatCount(more)} more`);
  }
  return lines;
}

function promptLines({ prompts, prefixes, bottlenecks }: Report): string[] {
  return [
    ...prompts.map(({ promptLength, dModel }) => `prompt:     ${promptLength} virtual tokens of ${dModel}`),
    ...prefixes.map(
      ({ prefixLength, numLayers, numHeads, dHead }) =>
        `prefix:     ${prefixLength} positions, ${numLayers} layers, ${numHeads} heads of ${dHead}`,
    ),
    ...(bottlenecks.length > 0
      ? [`bottleneck: ${bottlenecks.length} adapters, ${bottlenecks[0]!.dModel} to ${bottlenecks[0]!.bottleneckDim}`]
      : []),
  ];
}

function moduleLines(modules: readonly ModuleReport[]): string[] {
  if (modules.length === 0) return [];
  const heading = ['module', 'method', 'rank', 'alpha', 'scaling', '|A|', '|B|', '|s·BA|', 'parameters'];
  const rows = inNameOrder(modules, ({ module }) => module)
    .slice(0, SHOWN_MODULES)
    .map((module) => [
      harmless(module.module === '' ? '(shared)' : module.module, 100),
      module.method,
      text(module.rank),
      text(module.alpha),
      text(module.scaling),
      text(module.normA),
      text(module.normB),
      text(module.normDelta),
      formatCount(module.parameters),
    ]);
  const lines = ['', ...table([heading, ...rows], new Set([2, 3, 4, 5, 6, 7, 8]))];
  if (modules.length > SHOWN_MODULES) lines.push(`and ${formatCount(modules.length - SHOWN_MODULES)} more modules`);
  const reasons = new Map<string, number>();
  for (const { unavailable } of modules)
    if (unavailable !== undefined) reasons.set(unavailable, (reasons.get(unavailable) ?? 0) + 1);
  for (const [reason, modulesOf] of reasons) lines.push(`${formatCount(modulesOf)} without ΔW: ${reason}`);
  return lines;
}

function tensorLines({ tensors }: Report): string[] {
  const rows = inNameOrder(tensors, ({ name }) => name)
    .slice(0, SHOWN_MODULES)
    .map(({ name, dtype, shape, bytes }) => {
      return [harmless(name, 100), harmless(dtype, 20), `[${shape.join(', ')}]`, formatCount(bytes)];
    });
  const lines = ['', ...table([['tensor', 'dtype', 'shape', 'bytes'], ...rows], new Set([3]))];
  if (tensors.length > SHOWN_MODULES) lines.push(`and ${formatCount(tensors.length - SHOWN_MODULES)} more tensors`);
  return lines;
}

function text(value: number | null): string {
  if (value === null) return '-';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}
