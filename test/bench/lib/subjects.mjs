// Starts the subjects of the bench, one process each, and sends them requests. Only one works at a time.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/** glibc returns large blocks to the system at once, and every allocation of numpy's then causes page faults. */
const STEADY_MALLOC = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '8589934592',
  MALLOC_TOP_PAD_: '268435456',
};

export class Subject {
  #process;
  #answers;

  /** @param {string} name @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env */
  constructor(name, command, args, env = process.env) {
    this.name = name;
    this.#process = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process.stderr.on('data', () => {});
    this.#process.stdin.on('error', () => {});
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** @param {object} message */
  async ask(message) {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done) throw new Error(`${this.name} has ended`);
      // Libraries print greetings to standard output.
      if (!value.startsWith('{"answer"') && !value.startsWith('{"error"')) continue;
      const { answer, error } = JSON.parse(value);
      if (error) throw new Error(`${this.name}: ${error}`);
      return answer;
    }
  }

  stop() {
    this.#process.kill();
  }
}

/** A python3 with numpy: the one in PYTHON, otherwise the one on PATH. `null` if there is none. */
export function findNumpy() {
  for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter(Boolean)) {
    const { status } = spawnSync(python, ['-c', 'import numpy'], { stdio: 'ignore' });
    if (status === 0) return python;
  }
  return null;
}

/** A Python with PyTorch, transformers and PEFT. `null` if there is none. */
export function findPeft() {
  for (const python of [process.env.PEFT_ORACLE_PYTHON, process.env.PYTHON, 'python3'].filter(Boolean)) {
    const { status } = spawnSync(python, ['-c', 'import torch, transformers, peft'], { stdio: 'ignore' });
    if (status === 0) return python;
  }
  return null;
}

/** PyTorch with a number of threads. */
export function torchSubject(name, python, script, threads) {
  return new Subject(name, python, [script, String(threads)], {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
  });
}

/**
 * The environment without settings for OpenBLAS. A kernel set or cache size from outside would be measured instead of
 * the named one.
 */
function withoutBlasSettings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENBLAS|GOTO|OMP|MKL)_/.test(name)));
}

/** numpy with one dtype, OpenBLAS kernel set and number of threads. */
export function numpySubject(name, python, script, dtype, core, threads) {
  return new Subject(name, python, [script, dtype], {
    ...withoutBlasSettings(),
    ...STEADY_MALLOC,
    OPENBLAS_NUM_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
    ...(core ? { OPENBLAS_CORETYPE: core } : {}),
  });
}
