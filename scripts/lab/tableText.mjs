// The rows of the lab's table, and the table as JSON and as Markdown.
import { writeFileSync } from 'node:fs';
import { inRoot } from '../lib/paths.mjs';

const at = (method, sizes, name = method) => ({ name, options: { method, ...(sizes && { sizes }) } });

/** The methods at the usual budget, and two at a size of their own. */
export const ROWS = [
  at('full'),
  at('lora-qv'),
  at('lora-all'),
  at('lora-all', { rank: 4 }, 'lora-all-r4'),
  at('rslora-qv'),
  at('dora-qv'),
  at('qlora-all'),
  at('serial'),
  at('parallel'),
  at('ia3'),
  at('prefix'),
  at('prefix-mlp'),
  at('prompt', { virtualTokens: 16 }, 'prompt-16'),
  at('prompt-words', { virtualTokens: 16 }, 'prompt-words-16'),
  at('lora-prompt'),
  at('prompt'),
];

const mean = (figures) => figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
const halfRange = (figures) => (Math.max(...figures) - Math.min(...figures)) / 2;

function summary(results) {
  const exact = results.map((each) => each.exact);
  const { task, method, trainable, kept, sizes } = results[0];
  return {
    ...{ task, method, trainable, kept, sizes, seeds: results.map(({ seed }) => seed) },
    exact: mean(exact),
    halfRange: halfRange(exact),
    old: mean(results.map((each) => each.old)),
    seconds: mean(results.map((each) => each.seconds)),
  };
}

/** @param results one for each run. */
export function writeTable(results, tasks) {
  const groups = Map.groupBy
    ? Map.groupBy(results, ({ task, method }) => `${task} ${method}`)
    : results.reduce((map, each) => {
        const key = `${each.task} ${each.method}`;
        return map.set(key, [...(map.get(key) ?? []), each]);
      }, new Map());
  const cells = [...groups.values()].map(summary);
  writeFileSync(inRoot('out/lab/table.json'), `${JSON.stringify(cells, null, 1)}\n`);
  writeFileSync(inRoot('out/lab/table.md'), markdown(cells, tasks));
}

function markdown(cells, tasks) {
  const lines = ROWS.map(({ name }) => {
    const own = cells.filter(({ method }) => method === name);
    if (own.length === 0) return null;
    const figures = tasks.map((task) => {
      const cell = own.find((each) => each.task === task);
      if (!cell) return '';
      const spread = cell.seeds.length > 1 ? ` ± ${percent(cell.halfRange)}` : '';
      return `${percent(cell.exact)}${spread} (${percent(cell.old)})`;
    });
    const { kept, trainable } = own[0];
    const parameters = kept === trainable ? count(kept) : `${count(kept)} of ${count(trainable)}`;
    return `| ${[name, parameters, ...figures, mean(own.map(({ seconds }) => seconds)).toFixed(1)].join(' | ')} |`;
  });
  const head = ['method', 'parameters', ...tasks, 's'];
  return (
    [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...lines.filter(Boolean)].join('\n') + '\n'
  );
}

const percent = (share) => String(Math.round(1000 * share) / 10);
const count = (parameters) => parameters.toLocaleString('en-US');
