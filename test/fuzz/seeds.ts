/** The whole files that the damage is done to: the fixtures, which real libraries wrote. */

import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Case } from './mutate';

const FIXTURES = path.resolve(process.cwd(), 'test/fixtures');
const OPENED = /\.(?:safetensors|gguf|safetensors\.index\.json)$/;
/** Of a large fixture the start is enough: its header and some values; the rest is then missing, which is damage too. */
const MAX_SEED_BYTES = 64 * 1024;

/** Every checkpoint below test/fixtures, with the files of its folder beside it. */
export function fixtureCases(): Case[] {
  const cases: Case[] = [];
  for (const folder of foldersBelow(FIXTURES)) {
    const names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
    const files = new Map(
      names
        .filter((name) => OPENED.test(name) || name.endsWith('config.json'))
        .map(
          (name) => [name, new Uint8Array(readFileSync(path.join(folder, name)).subarray(0, MAX_SEED_BYTES))] as const,
        ),
    );
    for (const name of files.keys()) {
      if (!OPENED.test(name)) continue;
      const beside = new Map([...files].filter(([other]) => other !== name));
      cases.push({ name, bytes: files.get(name)!, beside });
    }
  }
  return cases;
}

function foldersBelow(folder: string): string[] {
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inside.flatMap(({ name }) => foldersBelow(path.join(folder, name)))];
}
