// npm run bench: times the engine and its peers in one interleaved run. Prints medians and writes bench.json.
//   --quick      fewer rounds          --only=WORDS  rows whose title contains one of the words, comma-separated
//   --node=PATH  the Node that runs the engine and the JavaScript peers. Default: the newer of this one and the one
//                that npm start and npm test keep for VS Code
// --quick also omits numpy's SVD of a full 4096 x 4096 matrix, which takes ten seconds each time.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { buildKernels } from '../../scripts/kernels.mjs';
import { buildPeak } from './lib/buildPeak.mjs';
import { checkControl, difference } from './lib/compare.mjs';
import { disturbance, untilQuiet } from './lib/quiet.mjs';
import { markdownTable } from './lib/markdown.mjs';
import { judge, printMemory, printRow } from './lib/report.mjs';
import { TABLE } from './lib/rows.mjs';
import { findNumpy, findPeft, numpySubject, Subject, torchSubject } from './lib/subjects.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const out = path.join(root, 'out/bench');
const option = (name) => process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const node = option('node') ?? newerNode();
const quick = process.argv.includes('--quick');
const only = option('only')?.toLowerCase().split(',');

/** The targets are for Node 24, which is available where the tests have run, whatever Node runs this script. */
function newerNode() {
  const kept = path.join(
    root,
    'scripts/embedded/vscode/node_modules',
    `node-${process.platform}-${process.arch}`,
    'bin/node',
  );
  const major = (version) => Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
  const { stdout } = existsSync(kept) ? spawnSync(kept, ['-v'], { encoding: 'utf8' }) : { stdout: '' };
  return major(stdout) > major(process.version) ? kept : process.execPath;
}

/** Minimum length of a sample, filled by repeating the work. */
const SAMPLE_MS = quick ? 20 : 50;
const ROUNDS = quick ? 3 : 9;
/** Work that takes longer than this gets fewer rounds. */
const LONG_MS = 200;
const LONG_ROUNDS = quick ? 3 : 5;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function build() {
  await buildKernels();
  const shared = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'warning',
  };
  const entries = ['subject', 'firstUse', 'spectra'].map((name) => `test/bench/${name}.ts`);
  await esbuild.build({
    ...shared,
    entryPoints: [...entries, 'src/worker/engineThread.ts'],
    outdir: out,
    outbase: root,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    entryNames: '[name]',
  });
  await esbuild.build({
    ...shared,
    entryPoints: ['test/bench/peerSubject.mjs'],
    outfile: path.join(out, 'peerSubject.mjs'),
    format: 'esm',
  });
  return buildPeak(root, out, node);
}

/** Installs missing peers. Without a registry the bench continues without them. */
function installPeers() {
  const folder = path.join(here, 'peers');
  if (existsSync(path.join(folder, 'node_modules/onnxruntime-web'))) return folder;
  console.log('Installing the peers, once (220 MB)...');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
  });
  return status === 0 ? folder : null;
}

async function startSubjects() {
  const subjects = new Map();
  const add = (subject) => subjects.set(subject.name, subject);
  const ours = path.join(out, 'subject.cjs');
  for (const threads of [1, 2])
    add(new Subject(`ours ${threads}T`, node, [ours, String(threads), path.join(out, 'engineThread.cjs')]));
  const python = findNumpy();
  if (python) {
    for (const [kind, core] of [
      ['AVX2', 'Haswell'],
      ['auto', ''],
    ]) {
      for (const bits of [64, 32]) {
        for (const threads of [1, 2]) {
          const name = `numpy f${bits} ${kind} ${threads}T`;
          add(numpySubject(name, python, path.join(here, 'numpySubject.py'), `float${bits}`, core, threads));
        }
      }
    }
  } else console.log('There is no python3 with numpy: its rows are omitted.');
  const peft = findPeft();
  for (const threads of peft ? [1, 2] : [])
    add(torchSubject(`PyTorch ${threads}T`, peft, path.join(here, 'torchSubject.py'), threads));
  if (!peft) console.log('There is no Python with torch and peft (PEFT_ORACLE_PYTHON): its rows are omitted.');
  const folder = installPeers();
  const peers = { 'tfjs-wasm': 'tfjs', 'onnxruntime-web': 'ort', 'jax-js': 'jax', 'ml-matrix': 'mlMatrix' };
  for (const [name, peer] of Object.entries(folder ? peers : {})) {
    const subject = new Subject(name, node, [path.join(out, 'peerSubject.mjs'), peer, folder]);
    try {
      await subject.ask({ do: 'build' });
      add(subject);
    } catch (error) {
      console.log(`${name} does not start and is omitted: ${error.message}`);
    }
  }
  return subjects;
}

async function measure(subjects, row) {
  const taking = row.subjects.map((name) => subjects.get(name)).filter(Boolean);
  const results = new Map();
  for (const subject of taking) {
    await subject.ask({ do: 'setup', work: row.work, args: row.args });
    await subject.ask({ do: 'run', turns: 1 });
    results.set(subject.name, await subject.ask({ do: 'probe' }));
  }
  const reference = results.get('numpy f64 AVX2 1T') ?? results.get('ours 1T');
  checkControl(reference, row.tolerance);
  for (const [name, result] of results) {
    const wrong = difference(result, reference, row.tolerance);
    if (wrong) throw new Error(`${row.title}: ${name} differs: ${wrong}`);
  }
  const turns = new Map();
  let longest = 0;
  for (const subject of taking) {
    // Warm-up: optimising compilers have usually finished by the second measurement.
    await subject.ask({ do: 'run', turns: 3 });
    const ms = await subject.ask({ do: 'run', turns: 3 });
    longest = Math.max(longest, ms);
    turns.set(subject, Math.max(1, Math.ceil(SAMPLE_MS / ms)));
  }
  const samples = new Map(taking.map(({ name }) => [name, []]));
  const rounds = longest > LONG_MS ? LONG_ROUNDS : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    for (const subject of round % 2 === 0 ? taking : [...taking].reverse()) {
      await untilQuiet();
      samples.get(subject.name).push(await subject.ask({ do: 'run', turns: turns.get(subject) }));
    }
  }
  return Object.fromEntries(
    [...samples].map(([name, values]) => [name, { median: median(values), least: Math.min(...values) }]),
  );
}

/** GFLOP/s of the peak loop, on one process and on two at once. */
async function measurePeak(subjects, peak) {
  const [one, two] = ['ours 1T', 'ours 2T'].map((name) => subjects.get(name));
  const args = { file: peak, turns: 2_000_000 };
  const flops = 96 * args.turns;
  for (const subject of [one, two]) {
    await subject.ask({ do: 'setup', work: 'peak', args });
    await subject.ask({ do: 'run', turns: 5 });
  }
  const singles = [];
  const doubles = [];
  for (let round = 0; round < ROUNDS; round++) {
    await untilQuiet();
    singles.push(flops / (await one.ask({ do: 'run', turns: 5 })) / 1e6);
    await untilQuiet();
    const both = await Promise.all([one, two].map((subject) => subject.ask({ do: 'run', turns: 5 })));
    doubles.push(both.reduce((sum, ms) => sum + flops / ms / 1e6, 0));
  }
  return { one: median(singles), two: median(doubles) };
}

/** GFLOP/s of each build of the product that this Node runs. A change shows that V8 compiles them differently. */
async function measureBuilds() {
  const rates = {};
  const args = { m: 512, n: 1024, k: 1024 };
  for (const build of ['gemm6x8', 'gemm3x12', 'gemm4x8']) {
    const subject = new Subject(build, node, [path.join(out, 'subject.cjs'), '1', '', build]);
    try {
      await subject.ask({ do: 'setup', work: 'gemm', args });
      const samples = [];
      for (let i = 0; i < 8; i++) {
        await untilQuiet();
        samples.push(await subject.ask({ do: 'run', turns: 3 }));
      }
      rates[build] = (2 * args.m * args.n * args.k) / median(samples.slice(2)) / 1e6;
    } catch {
      rates[build] = null;
    }
    subject.stop();
  }
  return rates;
}

function runScript(name, args = []) {
  const { stdout, status, stderr } = spawnSync(node, [path.join(out, `${name}.cjs`), ...args.map(String)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Writes a file of BF16 with the same values as the work in memory, so that their statistics can be compared. */
function writeFile(args) {
  const file = path.join(os.tmpdir(), `peft-bench-${process.pid}.bf16`);
  const code =
    `const {brainFloats}=require(${JSON.stringify(path.join(out, 'data.cjs'))});` +
    `require('fs').writeFileSync(${JSON.stringify(file)}, new Uint8Array(brainFloats(${args.count}, 7).buffer))`;
  esbuild.buildSync({
    entryPoints: [path.join(here, 'data.ts')],
    outfile: path.join(out, 'data.cjs'),
    format: 'cjs',
    bundle: true,
  });
  spawnSync(process.execPath, ['-e', code], { stdio: 'inherit' });
  return file;
}

/** Describes the machine and the software, and prints them. */
async function describeMachine(subjects) {
  const version = spawnSync(node, ['-p', 'process.version + " (V8 " + process.versions.v8 + ")"'], {
    encoding: 'utf8',
  }).stdout.trim();
  const numpy = {};
  for (const kind of ['AVX2', 'auto']) numpy[kind] = await subjects.get(`numpy f64 ${kind} 1T`)?.ask({ do: 'build' });
  const [cpu, cpus, load] = [os.cpus()[0]?.model ?? 'unknown', os.cpus().length, os.loadavg()];
  console.log(`${cpu}, ${cpus} CPUs, load ${load[0].toFixed(1)}; Node ${version}`);
  if (numpy.auto)
    console.log(`numpy ${numpy.auto.numpy}, OpenBLAS kernels: auto = ${numpy.auto.core}, AVX2 = ${numpy.AVX2.core}`);
  return { cpu, cpus, load, node: version, numpy };
}

function printRates({ peak, builds }) {
  const [one, two] = [peak.one.toFixed(1), peak.two.toFixed(1)];
  console.log(`128-bit multiply-add peak: ${one} GFLOP/s on one thread, ${two} on two`);
  for (const [build, gflops] of Object.entries(builds))
    console.log(`  ${build}: ${gflops === null ? 'not on this Node' : `${gflops.toFixed(1)} GFLOP/s`}`);
}

/** Measures one row of the table with every subject that takes part, and prints it. */
async function measureRow(subjects, peak, row, args) {
  const times = await measure(subjects, { ...row, args });
  const extra = {};
  if (row.peak) extra.peak = await measurePeak(subjects, peak);
  if (row.memory) extra.memory = await subjects.get('ours 1T').ask({ do: 'memory' });
  if (row.full && !quick && subjects.has(row.full.subject)) {
    const subject = subjects.get(row.full.subject);
    await subject.ask({ do: 'setup', work: row.full.work, args });
    const once = await subject.ask({ do: 'run', turns: 1 });
    times[`full SVD, ${row.full.subject}`] = { median: once, least: once };
  }
  const verdicts = judge(row, times, extra.peak);
  printRow(row, times, verdicts);
  if (extra.memory) printMemory(extra.memory);
  return { title: row.title, times, ...extra, verdicts };
}

/** Judges and prints the milliseconds that separate processes of this project took. */
function ownRow(title, subject, at, samples) {
  const row = { title, targets: [{ kind: 'time', by: subject, at }] };
  const times = { [subject]: { median: median(samples), least: Math.min(...samples) } };
  const verdicts = judge(row, times);
  printRow(row, times, verdicts);
  return { title, times, verdicts };
}

async function main() {
  mkdirSync(out, { recursive: true });
  const peak = await build();
  const subjects = await startSubjects();
  const machine = await describeMachine(subjects);
  const results = { machine, builds: await measureBuilds(), peak: await measurePeak(subjects, peak), rows: [] };
  printRates(results);
  const file = writeFile({ count: 4096 * 11008 });
  try {
    for (const row of TABLE.filter(({ title }) => !only || only.some((word) => title.toLowerCase().includes(word)))) {
      const args = row.work === 'fileStatistics' ? { ...row.args, file } : row.args;
      results.rows.push(await measureRow(subjects, peak, row, args));
    }
  } finally {
    rmSync(file, { force: true });
    for (const subject of subjects.values()) subject.stop();
  }
  if (!only || only.includes('spectra')) {
    const samples = Array.from({ length: quick ? 1 : 3 }, () => runScript('spectra').ms);
    const title = 'Singular values of 312 modules of rank 128, 4096 wide, two threads';
    results.rows.push(ownRow(title, 'ours 2T', 5000, samples));
  }
  if (!only || only.includes('first')) {
    const samples = Array.from({ length: 7 }, () => runScript('firstUse').total);
    results.rows.push(ownRow('First use: instantiate and first product of the demo', 'ours 1T', 10, samples));
  }
  results.disturbance = disturbance();
  const { samples, disturbed } = results.disturbance;
  console.log(`\n${disturbed} of ${samples} samples were taken while something else was running`);
  writeFileSync(path.join(root, 'bench.json'), `${JSON.stringify(results, null, 2)}\n`);
  console.log('bench.json written\n');
  console.log(markdownTable(results).join('\n'));
}

await main();
