/** Runs and describes the demo: a bundle of its own, loaded with the first demo. */

import { runDemo } from '../peft/demo';
import type { DemoOptions } from '../peft/demo';
import type { Engine } from '../tensor/engine/engine';
import { useEngine } from '../tensor/engine/current';
import { demoTensors, describeDemo } from './demoDescription';
import type { DescribedDemo } from './demoSource';

/** The bundle has its own engine state, so the caller passes its engine, or `null`. Rejects as `runDemo` does. */
export async function describedDemo(options: DemoOptions, engine: Engine | null): Promise<DescribedDemo> {
  useEngine(engine);
  const result = await runDemo(options);
  const tensors = demoTensors(result);
  return { result, tensors, description: describeDemo(result, tensors) };
}
