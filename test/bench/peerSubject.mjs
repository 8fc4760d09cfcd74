// The WebAssembly and JavaScript peers as subjects of the bench, for products only. subject.ts describes the protocol.
// Arguments: the peer, and the folder of its packages.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { probe, uniform } from './data.ts';

const [peer, folder] = process.argv.slice(2);
const require = createRequire(path.join(folder, 'package.json'));

const multipliers = { tfjs, ort, jax, mlMatrix };
const multiplier = await multipliers[peer]();

async function tfjs() {
  const tf = require('@tensorflow/tfjs-core');
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(path.join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
  await tf.setBackend('wasm');
  await tf.ready();
  return (a, b, m, n, k) => {
    const [x, y] = [tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])];
    let out;
    return {
      run() {
        out?.dispose();
        out = tf.matMul(x, y);
      },
      result: () => out.dataSync(),
    };
  };
}

/** An ONNX model with one float32 MatMul, as protocol-buffer bytes. */
function matMulModel() {
  const bytes = (field, content) => [(field << 3) | 2, content.length, ...content];
  const text = (field, value) => bytes(field, [...Buffer.from(value)]);
  const number = (field, value) => [field << 3, value];
  const matrix = (name) => [...text(1, name), ...bytes(2, bytes(1, number(1, 1)))];
  const node = [...text(1, 'A'), ...text(1, 'B'), ...text(2, 'Y'), ...text(4, 'MatMul')];
  const graph = [
    ...bytes(1, node),
    ...text(2, 'g'),
    ...bytes(11, matrix('A')),
    ...bytes(11, matrix('B')),
    ...bytes(12, matrix('Y')),
  ];
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, number(2, 13))]);
}

async function ort() {
  const ort = await import(pathToFileURL(path.join(folder, 'node_modules/onnxruntime-web/dist/ort.wasm.min.mjs')).href);
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(matMulModel(), { executionProviders: ['wasm'] });
  return (a, b, m, n, k) => {
    const feeds = { A: new ort.Tensor('float32', a, [m, k]), B: new ort.Tensor('float32', b, [k, n]) };
    let out;
    return {
      async run() {
        out = (await session.run(feeds)).Y;
      },
      result: () => out.data,
    };
  };
}

async function jax() {
  const { defaultDevice, init, numpy: np } = require('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  return (a, b, m, n, k) => {
    const [x, y] = [np.array(a, { shape: [m, k] }), np.array(b, { shape: [k, n] })];
    let out;
    return {
      async run() {
        out?.dispose();
        out = np.matmul(x.ref, y.ref);
        await out.blockUntilReady();
      },
      result: () => out.ref.data(),
    };
  };
}

function mlMatrix() {
  const { Matrix } = require('ml-matrix');
  return (a, b, m, n, k) => {
    const [x, y] = [Matrix.from1DArray(m, k, a), Matrix.from1DArray(k, n, b)];
    let out;
    return {
      run() {
        out = x.mmul(y);
      },
      result: () => out.to1DArray(),
    };
  };
}

let product;

async function answer(message) {
  if (message.do === 'build') return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).dependencies;
  if (message.do === 'setup') {
    const { m, n, k } = message.args;
    product = multiplier(uniform(m * k, 1), uniform(k * n, 2), m, n, k);
    return null;
  }
  if (message.do === 'probe') return probe(await product.result());
  const start = performance.now();
  for (let turn = 0; turn < message.turns; turn++) await product.run();
  return (performance.now() - start) / message.turns;
}

// Libraries print to standard output too, so answers are marked.
createInterface({ input: process.stdin }).on('line', (line) => {
  answer(JSON.parse(line)).then(
    (value) => process.stdout.write(`${JSON.stringify({ answer: value })}\n`),
    (error) => process.stdout.write(`${JSON.stringify({ error: String(error?.stack ?? error) })}\n`),
  );
});
