/** Requests about the modules of an open adapter: products and spectra of LoRA, measures of all modules. */

import { entryProducts } from '../matrices/deltaMatrix';
import { checkEntry } from '../matrices/notFound';
import { checkSpectrumWork } from '../matrices/spectrumWork';
import type { Handlers } from '../protocol/rpc';
import type { WorkerRequests } from '../protocol/worker';
import { currentEngine } from '../tensor/engine/current';
import { moduleMetrics } from './loraMetrics';
import type { StartMeasurers } from './measurer';
import type { OpenSources } from './openSources';

type LoraJobs = Pick<Handlers<WorkerRequests>, 'lora/products' | 'lora/spectrum' | 'lora/metrics' | 'methods/overview'>;

export function loraJobs(sources: OpenSources, startMeasurers?: StartMeasurers): LoraJobs {
  return {
    async 'lora/products'({ source, module, row, column, step }, { signal }) {
      const factors = await sources.find(source).factors(module, step, signal);
      const { rank, inFeatures, outFeatures, scaling, a, b } = factors;
      checkEntry(row, column, 'product', outFeatures, inFeatures);
      const bRow = b.slice(row * rank, (row + 1) * rank);
      const aColumn = Float64Array.from({ length: rank }, (_, k) => a[k * inFeatures + column]!);
      return { bRow, aColumn, scaling, ...entryProducts(factors, row, column) };
    },

    async 'lora/spectrum'({ source, module, step }, { signal }) {
      const held = sources.find(source);
      const sides = await held.kroneckerFactors?.(module, signal);
      if (sides) {
        sides.forEach(checkSpectrumWork);
        const { scaling } = held.description.lora.find((info) => info.module === module)!;
        return (await import('./spectra.js')).kroneckerSpectrumWith(currentEngine(), sides, scaling);
      }
      const factors = await held.factors(module, step, signal);
      checkSpectrumWork(factors);
      const { spectrumWith } = await import('./spectra.js');
      return spectrumWith(currentEngine(), factors);
    },

    async 'lora/metrics'({ source }, { signal, progress }) {
      return moduleMetrics(sources.find(source), progress, signal, startMeasurers);
    },

    async 'methods/overview'({ source }, { signal, progress }) {
      const { methodOverview } = await import('../matrices/overview/overviews.js');
      return methodOverview(sources.find(source), progress, signal);
    },
  };
}
