// Compiles the WebAssembly kernels (src/tensor/kernels, AssemblyScript) and writes them as text into a module, so that
// bundles contain them and no file is needed at run time. Does nothing if the result is up to date.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const sources = path.join(root, 'src/tensor/kernels');
const target = path.join(root, 'src/tensor/engine/kernelBytes.ts');

const relaxed = ['--enable', 'relaxed-simd'];
const tile = (rows, columns, fused) => [
  '-u',
  `TILE_ROWS=${rows}`,
  '-u',
  `TILE_COLUMNS=${columns}`,
  '-u',
  `FUSED=${fused}`,
];

/** Name, entry file and options. The gemm builds are in the order of preference that applies before they are timed. */
const modules = [
  { name: 'gemm6x8', entry: 'gemm.ts', options: [...relaxed, ...tile(6, 8, 1)] },
  { name: 'gemm3x12', entry: 'gemm.ts', options: [...relaxed, ...tile(3, 12, 1)] },
  { name: 'gemm4x8', entry: 'gemm.ts', options: tile(4, 8, 0) },
  { name: 'scan', entry: 'scan.ts', options: [] },
];

/** The full 4 GiB of 32-bit addresses. The memory grows on demand. */
const MAXIMUM_PAGES = 65536;

const options = [
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--importMemory',
  '--maximumMemory',
  String(MAXIMUM_PAGES),
  '--enable',
  'simd',
];

function digest() {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const file of readdirSync(sources)
    .filter((name) => name.endsWith('.ts'))
    .sort()) {
    hash.update(file).update(readFileSync(path.join(sources, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function unsigned(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** Offset of the imported memory's limits. Setting their flags to 3 declares the memory shared. */
function memoryLimitsOffset(bytes) {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at];
    const [size, body] = unsigned(bytes, at + 1);
    if (id === 2) {
      let [count, next] = unsigned(bytes, body);
      for (; count > 0; count--) {
        for (let name = 0; name < 2; name++) {
          const [length, start] = unsigned(bytes, next);
          next = start + length;
        }
        if (bytes[next] === 2 && bytes[next + 1] === 1) return next + 1;
        if (bytes[next] !== 0)
          throw new Error('kernels import something other than a memory with a maximum and functions');
        [, next] = unsigned(bytes, next + 1);
      }
    }
    at = body + size;
  }
  throw new Error('kernels import no memory');
}

/** @returns whether anything was compiled. */
export async function buildKernels() {
  const mark = `// kernels ${digest()}`;
  if (read(target).startsWith(mark)) return false;
  // Loaded on demand, because it takes longer than the rest of an unchanged build.
  const { default: asc } = await import('assemblyscript/asc');
  const folder = mkdtempSync(path.join(tmpdir(), 'peft-kernels-'));
  try {
    const entries = [];
    for (const { name, entry, options: own } of modules) {
      const output = path.join(folder, `${name}.wasm`);
      const argv = [path.join(sources, entry), '-o', output, '--baseDir', root, ...options, ...own];
      const { error, stderr } = await asc.main(
        argv.map((a) => (path.isAbsolute(a) ? path.relative(root, a) : a)),
        {
          readFile: (file, base) => read(path.resolve(base, file)) || null,
          writeFile: (file, contents, base) => writeFileSync(path.resolve(base, file), contents),
          listFiles: () => [],
        },
      );
      if (error) throw new Error(`${entry} (${name}): ${error.message}\n${stderr.toString()}`);
      const bytes = readFileSync(output);
      entries.push(`  ${name}: { shared: ${memoryLimitsOffset(bytes)}, base64: '${bytes.toString('base64')}' },`);
    }
    const text = [
      mark,
      '// Written by scripts/kernels.mjs from src/tensor/kernels; not in version control.',
      '/** Each module, and the offset of the flags that declare its memory shared. */',
      'export const KERNEL_BYTES = {',
      ...entries,
      '} as const;',
      '',
    ].join('\n');
    writeFileSync(target, text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return true;
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log((await buildKernels()) ? 'kernels compiled' : 'kernels up to date');
}
