/** `peft-inspector compare`: how far adapters agree, module by module. */

import { parseArgs } from 'node:util';
import { compareAdapters } from '../../surgery/compareAdapters';
import type { Comparison } from '../../surgery/compareAdapters';
import { UsageError } from '../command';
import type { Command } from '../command';
import { harmless, table } from '../terminalText';
import { interruptible } from '../training/interrupt';
import { wholeNumber } from '../training/numberOptions';
import { progressOf, withAdapters } from './adapterInputs';
import { numberList, withNegativeLists } from './options';

const OPTIONS = {
  weights: { type: 'string' },
  phi: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const compareCommand: Command = {
  name: 'compare',
  synopsis: 'compare <adapter> [<adapter> ...] [--json]',
  summary: 'Compare adapters from their factors: norms, cosines, principal angles, spectra, and their weighted sum.',
  options: [
    '<adapter> ...      files or folders of any layout; of several, the first two are compared by direction',
    '--weights <1,1>    weights of the sum, one for each adapter',
    '--phi <8>          directions of the overlap phi(i, j)',
    '--json             global, gram, modules, onlyIn, mismatched, notCovered as JSON',
  ],
  async run(args) {
    const { values, positionals } = parseArgs({
      args: withNegativeLists(args),
      options: OPTIONS,
      allowPositionals: true,
    });
    if (positionals.length === 0) throw new UsageError('expected at least one adapter');
    const weights = numberList('weights', values.weights);
    if (weights && weights.length !== positionals.length)
      throw new UsageError(`--weights: expected ${positionals.length} numbers, got ${weights.length}`);
    const options = { phi: wholeNumber('phi', values.phi, 8), ...(weights && { weights }) };
    return interruptible((signal) =>
      withAdapters(
        positionals,
        async (adapters, facts) => {
          const progress = progressOf('comparing modules', values.json ?? false);
          const result = await compareAdapters(adapters, options, progress, signal);
          return values.json ? { json: { ...facts, ...result } } : { lines: asLines(result) };
        },
        signal,
      ),
    );
  },
};

function asLines({ global, modules, onlyIn, mismatched, notCovered }: Comparison): string[] {
  const heading = ['module', 'norms', 'cosine', 'column overlap', 'row overlap', 'interference'];
  const rows = modules.map(({ name, fro, cosine, columnSpace, rowSpace, sum }) => [
    harmless(name),
    fro.map((value) => value.toPrecision(4)).join(' '),
    figure(cosine),
    figure(columnSpace?.overlap ?? null),
    figure(rowSpace?.overlap ?? null),
    figure(sum.interference),
  ]);
  return [
    ...table([heading, ...rows], new Set([2, 3, 4, 5])),
    ...Object.entries(onlyIn).flatMap(([i, names]) =>
      names.length > 0 ? [`only in adapter ${Number(i) + 1}: ${names.length} modules, ${harmless(names[0]!)}`] : [],
    ),
    ...mismatched.map(({ name }) => `shapes differ: ${harmless(name)}`),
    ...notCovered.map((text) => `not compared: ${harmless(text, 1000)}`),
    `all modules: cosine ${figure(global.cosine)}, norms ${global.fro.map((value) => value.toPrecision(4)).join(' ')}`,
  ];
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(6);
}
