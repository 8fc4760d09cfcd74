/**
 * A training step of a small language model with LoRA on the query and value projections. The model has the form of
 * Llama; torchSubject.py builds the same one from the same numbers.
 */

import { LANGUAGE_MODEL } from './languageModel';
import { freshAdapter } from '../../src/model/adapters/freshAdapter';
import { decoderTensors, readDecoder } from '../../src/model/decoder';
import { openModel } from '../../src/model/openModel';
import { ModelTrainer } from '../../src/model/trainModel';
import { useEngine } from '../../src/tensor/engine/current';
import type { Engine } from '../../src/tensor/engine/engine';
import { Tensor } from '../../src/tensor/tensor';
import { hashes, uniform } from './data';
import type { Work, WorkArguments } from './work';

/** Tokens of a sequence, and how many of its last ones have labels. */
const LENGTH = 14;
const LABELLED = 7;
const IGNORED = -100;

export function trainingStep(engine: Engine, args: WorkArguments): Work {
  useEngine(engine);
  const config = { ...LANGUAGE_MODEL, ...sizes(Number(args['d']), Number(args['layers'])) };
  const adapterConfig = { peft_type: 'LORA', r: 8, lora_alpha: 16, target_modules: ['q_proj', 'v_proj'] };
  const tensors = drawn(decoderTensors(readDecoder(config)), 1);
  const zero = freshAdapter({ config, tensors, adapterConfig, random: () => 0.5 });
  const shapes = Object.entries(zero).map(([name, { shape }]) => ({ name, shape }));
  const adapterTensors = {
    ...zero,
    ...drawn(
      shapes.filter(({ name }) => name.includes('lora_A')),
      1000,
    ),
  };
  const opened = openModel({ config, tensors, adapterConfig, adapterTensors }, null);
  const trainer = new ModelTrainer(opened, { learningRate: 1e-2 });
  const ids = hashes(Number(args['batch']) * LENGTH, 9);
  const tokens = Array.from({ length: Number(args['batch']) }, (_, i) =>
    [...ids.subarray(i * LENGTH, (i + 1) * LENGTH)].map((hash) => hash % LANGUAGE_MODEL.vocab_size),
  );
  const labels = tokens.map((sequence) => sequence.map((id, i) => (i < LENGTH - LABELLED ? IGNORED : id)));
  const losses: number[] = [];
  const run = (): void => void losses.push(trainer.step(trainer.batch({ tokens, labels })));
  return {
    run,
    // The loss after an update shows that gradients and optimiser agree too.
    probe() {
      run();
      return losses.slice(0, 2);
    },
    memory: () => ({
      weights: 4 * Object.values(tensors).reduce((sum, { size }) => sum + size, 0),
      step: 4 * trainer.model.workspace.stepValues,
    }),
  };
}

function sizes(d: number, layers: number): object {
  return { hidden_size: d, num_hidden_layers: layers, intermediate_size: (d / 64) * 172, num_attention_heads: d / 16 };
}

/** Matrices uniform in ±√3 / √columns, and norms of 1, in the order of their names. */
function drawn(
  wanted: readonly { readonly name: string; readonly shape: readonly number[] }[],
  seed: number,
): Record<string, Tensor> {
  const sorted = [...wanted].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(
    sorted.map(({ name, shape }, index) => {
      const [rows, columns] = [shape[0]!, shape[1]];
      if (columns === undefined) return [name, new Tensor(new Float32Array(rows).fill(1), [rows])];
      const scale = Math.sqrt(12 / columns);
      const values = uniform(rows * columns, seed + index).map((value) => value * scale);
      return [name, new Tensor(values, [rows, columns])];
    }),
  );
}
