// Starting the subjects of the bench, and asking them: one process each, one at work at a time.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/** glibc gives large blocks back to the system at once, and every allocation of numpy's is then page faults. */
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
      // Libraries greet on standard output.
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

/** A python3 that has numpy: PYTHON names one, else the one on PATH. Null where there is none. */
export function findNumpy() {
  for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter(Boolean)) {
    const { status } = spawnSync(python, ['-c', 'import numpy'], { stdio: 'ignore' });
    if (status === 0) return python;
  }
  return null;
}

/** The environment without what it says to OpenBLAS: a kernel set or cache size from outside would be measured, not the named one. */
function withoutBlasSettings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENBLAS|GOTO|OMP|MKL)_/.test(name)));
}

/** numpy with one dtype, set of OpenBLAS kernels and number of threads. */
export function numpySubject(name, python, script, dtype, core, threads) {
  return new Subject(name, python, [script, dtype], {
    ...withoutBlasSettings(),
    ...STEADY_MALLOC,
    OPENBLAS_NUM_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
    ...(core ? { OPENBLAS_CORETYPE: core } : {}),
  });
}
