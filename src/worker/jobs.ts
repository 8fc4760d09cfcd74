/** Handlers of all requests to the worker, independent of threads. */

import { CheckpointError } from '../checkpoint/errors';
import type { FileAccess } from '../checkpoint/fileAccess';
import { openCheckpoint } from '../matrices/openCheckpoint';
import type { Handlers } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import { currentEngine } from '../tensor/engine/current';
import { DemoSource } from './demoSource';
import { loraJobs } from './loraJobs';
import { matrixJobs } from './matrixJobs';
import type { StartMeasurers } from './measurer';
import { OpenSources } from './openSources';
import { summariseWeights } from './summariseWeights';

export function createJobs(files: FileAccess, startMeasurers?: StartMeasurers): Handlers<WorkerRequests> {
  const sources = new OpenSources();
  return {
    async 'checkpoint/open'({ path }, context) {
      const source = await openCheckpoint(files, path, context.signal);
      // The engine starts while the view lays itself out, not while it waits for its first tile.
      setTimeout(currentEngine, 0);
      return sources.add(source, context);
    },

    async 'demo/run'({ seed, trainingSteps }, context) {
      const { signal, progress } = context;
      const { describedDemo } = await import('./demo.js');
      const demo = await describedDemo({ seed, trainingSteps, signal, onProgress: progress }, currentEngine());
      return { ...(await sources.add(new DemoSource(demo), context)), text: demo.result.text };
    },

    ...matrixJobs(sources),
    ...loraJobs(sources, startMeasurers),

    async 'lora/base'({ source, base }, { signal, progress }) {
      const { readBase } = await import('./base.js');
      const context = { engine: currentEngine(), files, open: openCheckpoint, progress, signal };
      return readBase(context, sources.find(source), base);
    },

    async 'findings/read'({ source, values }, { signal, progress }) {
      const { readReport } = await import('./findings.js');
      return readReport(currentEngine(), sources.find(source), values, progress, signal);
    },

    async 'matrix/write'({ source, matrix, format, path }, { signal, progress }) {
      const { writeMatrix } = await import('./writers.js');
      const reader = await sources.find(source).matrix(matrix, signal);
      return files.writeAtomically(path, (sink) => writeMatrix(reader, format, sink, progress, signal));
    },

    async 'adapter/write'({ source, folder }, { signal }) {
      const adapter = sources.find(source).adapter?.();
      if (!adapter) throw new CheckpointError('NotFound', `source ${source} holds no adapter that can be saved`);
      const { saveAdapter } = await import('./writers.js');
      return saveAdapter(files, folder, adapter, signal);
    },

    async 'weights/summarise'({ path, maxCharacters }, { signal, transfer }) {
      const packed = await summariseWeights(files, path, maxCharacters, signal);
      if (packed) transfer(packed.json.buffer);
      return packed;
    },

    async 'hub/config'({ location, folder }, { signal }) {
      const { saveHubConfig } = await import('./writers.js');
      return saveHubConfig(files, location, folder, signal);
    },

    async 'file/write'({ path, bytes }) {
      await files.writeAtomically(path, (sink) => sink(bytes));
    },

    async 'source/close'({ source }) {
      await sources.close(source);
    },
  };
}
