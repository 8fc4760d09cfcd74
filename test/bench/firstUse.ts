/** Milliseconds in a new process from the start to the first product of the demo, and for the following products. */

import { Engine } from '../../src/tensor/engine/engine';
import { uniform } from './data';

const [x, w, out] = [uniform(32 * 256, 1), uniform(256 * 256, 2), new Float32Array(32 * 256)];
const start = performance.now();
const engine = new Engine();
const made = performance.now();
engine.gemm('NT', 32, 256, 256, x, w, out);
const first = performance.now();
console.log(JSON.stringify({ instantiate: made - start, product: first - made, total: first - start }));
