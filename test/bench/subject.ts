/**
 * This project's engine as a subject of the bench. The process reads requests to set up, run and show work from
 * standard input, one JSON message per line, and answers in the same form. `run` answers with milliseconds per
 * iteration.
 */

import { createInterface } from 'node:readline';
import { Engine } from '../../src/tensor/engine/engine';
import type { GemmBuild } from '../../src/tensor/engine/kernels';
import { spawnEngineThread } from '../../src/worker/spawnEngineThread';
import { WORKS } from './works';
import type { Work, WorkArguments } from './work';

interface Message {
  readonly do: 'setup' | 'run' | 'probe' | 'build' | 'memory';
  readonly work: string;
  readonly args: WorkArguments;
  readonly turns: number;
}

const [threads = '1', threadFile = '', build] = process.argv.slice(2);
let engine = makeEngine();
let work: Work | undefined;

function makeEngine(): Engine {
  return new Engine({
    threads: Number(threads),
    ...(Number(threads) > 1 ? { spawn: spawnEngineThread(threadFile) } : {}),
    ...(build ? { builds: [build as GemmBuild] } : {}),
  });
}

async function answer(message: Message): Promise<unknown> {
  if (message.do === 'build') return engine.chooseBuild();
  if (message.do === 'setup') {
    engine.dispose();
    // A new memory for each work, so that the arrays of the previous one are freed.
    engine = makeEngine();
    work = WORKS[message.work]!(engine, message.args);
    return null;
  }
  if (message.do === 'probe') return work!.probe();
  if (message.do === 'memory') return work!.memory!();
  const start = performance.now();
  for (let turn = 0; turn < message.turns; turn++) await work!.run();
  return (performance.now() - start) / message.turns;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
  answer(JSON.parse(line) as Message).then(
    (value) => say({ answer: value }),
    (error: unknown) => say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
