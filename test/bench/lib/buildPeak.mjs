// Compiles kernel/peak.ts for the Node that will run it, with relaxed SIMD if that Node supports it.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import asc from 'assemblyscript/asc';

export async function buildPeak(root, out, node) {
  for (const fused of [1, 0]) {
    const file = path.join(out, `peak${fused}.wasm`);
    const argv = [
      'test/bench/kernel/peak.ts',
      '-o',
      path.relative(root, file),
      '--baseDir',
      root,
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--maximumMemory',
      '65536',
      '--enable',
      'simd',
      ...(fused ? ['--enable', 'relaxed-simd'] : []),
      '-u',
      `FUSED=${fused}`,
    ];
    const { error, stderr } = await asc.main(argv, {
      readFile: (name, base) => {
        try {
          return readFileSync(path.resolve(base, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (name, contents, base) => writeFileSync(path.resolve(base, name), contents),
      listFiles: () => [],
    });
    if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
    const check = `process.exit(WebAssembly.validate(require('fs').readFileSync(${JSON.stringify(file)})) ? 0 : 1)`;
    if (spawnSync(node, ['-e', check]).status === 0) return file;
  }
  throw new Error('this Node has no WebAssembly SIMD');
}
