// Times parsing and validating the header of a checkpoint with 200,000 tensors, and JSON.parse of the same text alone.
// `npm run bench:header` alternates the two and prints the minimum of each in ms.
import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const TENSORS = 200_000;
const RUNS = 9;

function headerText() {
  const fields = [];
  let end = 0;
  for (let i = 0; i < TENSORS; i++) {
    const begin = end;
    end += 2 * 64 * 4096;
    const name = `model.layers.${i >> 8}.mlp.experts.${(i & 255) >> 1}.${i & 1 ? 'down' : 'up'}_proj.weight`;
    fields.push(`"${name}":{"dtype":"BF16","shape":[64,4096],"data_offsets":[${begin},${end}]}`);
  }
  return { text: `{"__metadata__":{"format":"pt"},${fields.join(',')}}`, dataBytes: end };
}

const folder = await mkdtemp(path.join(tmpdir(), 'peft-header-'));
try {
  const outfile = path.join(folder, 'header.mjs');
  const contents =
    "export { parseSafetensorsHeader } from './safetensors/safetensorsHeader'; export { atOnce } from './steps';";
  const resolveDir = path.resolve(import.meta.dirname ?? '.', '../../src/checkpoint');
  await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'warning',
  });
  const { parseSafetensorsHeader, atOnce } = await import(pathToFileURL(outfile).href);
  const { text, dataBytes } = headerText();
  const bytes = new TextEncoder().encode(text);
  const times = { parse: [], json: [] };
  for (let run = 0; run < RUNS; run++) {
    let start = performance.now();
    const { tensors, errorCount } = atOnce(parseSafetensorsHeader(bytes, 8 + bytes.length + dataBytes));
    times.parse.push(performance.now() - start);
    if (tensors.length !== TENSORS || errorCount !== 0)
      throw new Error(`${tensors.length} tensors, ${errorCount} errors`);
    start = performance.now();
    JSON.parse(new TextDecoder().decode(bytes));
    times.json.push(performance.now() - start);
  }
  const [parse, json] = [Math.min(...times.parse), Math.min(...times.json)];
  const first = times.parse[0].toFixed(0);
  console.log(
    `${TENSORS.toLocaleString('en')} tensors, ${(bytes.length / 1e6).toFixed(1)} MB of header, least of ${RUNS} runs`,
  );
  console.log(`parsed and validated  ${parse.toFixed(0)} ms (the first time, not yet compiled: ${first} ms)`);
  console.log(`JSON.parse alone      ${json.toFixed(0)} ms`);
  console.log(`ratio                 ${(parse / json).toFixed(2)}, at most 2 and 400 ms wanted`);
} finally {
  await rm(folder, { recursive: true });
}
