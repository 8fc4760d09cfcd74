/** The demo's run and its description: a bundle of its own, which the thread loads with the first demo. */

import { runDemo } from '../peft/demo';
import type { DemoOptions } from '../peft/demo';
import type { Engine } from '../tensor/engine/engine';
import { useEngine } from '../tensor/engine/current';
import { demoTensors, describeDemo } from './demoDescription';
import type { DescribedDemo } from './demoSource';

/** The bundle has engine state of its own: `engine` is the thread's, or null where it has none. Rejects as `runDemo`. */
export async function describedDemo(options: DemoOptions, engine: Engine | null): Promise<DescribedDemo> {
  useEngine(engine);
  const result = await runDemo(options);
  const tensors = demoTensors(result);
  return { result, tensors, description: describeDemo(result, tensors) };
}
