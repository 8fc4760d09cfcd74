/** Entry of an engine thread in Node: a bundle of its own, started by `spawnEngineThread`. */

import { workerData } from 'node:worker_threads';
import { serveThread } from '../tensor/engine/thread';
import type { ThreadData } from '../tensor/engine/thread';

serveThread(workerData as ThreadData);
