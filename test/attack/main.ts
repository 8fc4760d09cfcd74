/** Runs scenarios in the VS Code that scripts/attack.mjs has started, and prints what each took. */

import * as os from 'node:os';
import { runScenario } from './runScenario';
import { scenarios } from './scenarios';
import { rowOf, tableOf } from './table';

/**
 * Names of the scenarios that need this kind of VS Code: those that run without being named, or the wanted ones. Throws
 * if one is unknown.
 */
export function chosenNames(wanted: readonly string[], special: string): string[] {
  const unknown = wanted.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    const known = scenarios.map(({ name }) => name).join(', ');
    throw new Error(`unknown scenarios ${unknown.join(', ')}: expected some of ${known}`);
  }
  return scenarios
    .filter((scenario) => (scenario.needs ?? '') === special)
    .filter(({ name, onlyByName }) => (wanted.length > 0 ? wanted.includes(name) : !onlyByName))
    .map(({ name }) => name);
}

/** The rows of the table, and whether all limits were kept. */
export async function attack(
  names: readonly string[],
  server: number,
  directory: string,
): Promise<{ rows: string[][]; held: boolean }> {
  const rows: string[][] = [];
  let held = true;
  for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
    const outcome = await runScenario(scenario, server, directory);
    const row = rowOf(scenario, outcome);
    const load = `load ${os.loadavg()[0]!.toFixed(1)} on ${os.cpus().length} cores`;
    console.log([...row, load].filter(Boolean).join('  '));
    rows.push(row);
    if (outcome.faults.length > 0 || outcome.slow) held = false;
  }
  return { rows, held };
}

export { tableOf };
