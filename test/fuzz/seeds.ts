/** The intact files that are damaged: the fixtures, written by real libraries. */

import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Case } from './mutate';

const FIXTURES = path.resolve(process.cwd(), 'test/fixtures');
const OPENED = /\.(?:safetensors|gguf|safetensors\.index\.json)$/;
/** The start of a large fixture suffices, with its header and some values. The missing rest is damage too. */
const MAX_SEED_BYTES = 64 * 1024;

/** Every checkpoint in test/fixtures, with the other files of its folder. */
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
