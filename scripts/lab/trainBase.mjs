// Trains the base model of the lab from its seed and writes media/lab: `node scripts/lab/trainBase.mjs`. It takes about
// five minutes of one core. The same seed gives the same files to the last bit on the same version of Node.
import { mkdirSync, writeFileSync } from 'node:fs';
import { inRoot } from '../lib/paths.mjs';
import { labLibrary } from './library.mjs';

const REPORT_EVERY = 100;

const library = await labLibrary();
const { BASE_CONFIG, BASE_TRAINING, BaseTraining, VOCABULARY, encodeSafetensors } = library;
const folder = process.argv[2] ?? inRoot('media/lab');

const training = new BaseTraining();
let sum = 0;
for (let step = 1; step <= BASE_TRAINING.steps; step++) {
  sum += training.step();
  if (step % REPORT_EVERY !== 0) continue;
  console.log(`step ${step} of ${BASE_TRAINING.steps}: mean loss ${(sum / REPORT_EVERY).toFixed(4)}`);
  sum = 0;
}
const tensors = Object.entries(training.tensors()).map(([name, { shape, data }]) => ({
  name,
  dtype: 'F32',
  shape,
  data,
}));
mkdirSync(folder, { recursive: true });
const write = (name, content) => writeFileSync(`${folder}/${name}`, content);
write('model.safetensors', encodeSafetensors(tensors));
write('config.json', `${JSON.stringify(BASE_CONFIG, null, 2)}\n`);
write('vocabulary.json', `${JSON.stringify(VOCABULARY)}\n`);
console.log(`wrote ${folder}`);
