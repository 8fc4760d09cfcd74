/** Runs and describes the demo: a bundle of its own, loaded with the first demo. */

import { loraAdapter } from '../checkpoint/adapters/loraAdapter';
import type { AdapterFiles } from '../checkpoint/adapters/loraAdapter';
import { runDemo } from '../peft/demo';
import type { DemoOptions } from '../peft/demo';
import type { DemoResult } from '../peft/demoResult';
import type { Engine } from '../tensor/engine/engine';
import { useEngine } from '../tensor/engine/current';
import { demoTensors, describeDemo } from './demoDescription';
import type { DescribedDemo } from './demoSource';

/** Path of the layer in the base model of the saved adapter. */
const SAVED_MODULE = 'linear';

/** The bundle has its own engine state, so the caller passes its engine, or `null`. Rejects as `runDemo` does. */
export async function describedDemo(options: DemoOptions, engine: Engine | null): Promise<DescribedDemo> {
  useEngine(engine);
  const result = await runDemo(options);
  const tensors = demoTensors(result);
  return { result, tensors, description: describeDemo(result, tensors), adapter: () => savedLora(result) };
}

/** The trained LoRA layer, for a base model with one linear layer of the demo's size. */
function savedLora({ lora }: DemoResult): AdapterFiles {
  const { rank, alpha, inFeatures, outFeatures, training } = lora;
  const { A, B } = training.snapshots.at(-1)!;
  const saved = { module: SAVED_MODULE, inFeatures, outFeatures, a: A.data, b: B.data };
  return loraAdapter({ rank, alpha, modules: [saved] });
}
