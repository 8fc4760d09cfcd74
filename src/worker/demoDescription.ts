/** Names the tensors of a run of the demo and describes them for the views. */

import type { DemoResult } from '../peft/demoResult';
import type { SourceDescription, TensorInfo } from '../checkpoint/sourceDescription';
import type { Tensor } from '../tensor/tensor';
import { DEMO_LORA, DEMO_PREFIX } from './demoNames';
import type { DemoTensor } from './demoSource';

const DEMO_ADAPTER = 'adapter';
const DEMO_PROMPT = 'prompt';

export function demoTensors({ lora, adapter, prefix, prompt }: DemoResult): DemoTensor[] {
  const fixed = (name: string, tensor: Tensor, more: Partial<DemoTensor> = {}): DemoTensor => ({
    name,
    at: () => tensor,
    ...more,
  });
  const trained = (name: string, tensor: Tensor, gradient: string): DemoTensor =>
    fixed(name, tensor, { gradient, parameter: true });
  return [
    { name: 'lora.A', at: ({ A }) => A, gradient: 'lora.gradA', stepped: true, parameter: true },
    { name: 'lora.B', at: ({ B }) => B, gradient: 'lora.gradB', stepped: true, parameter: true },
    { name: 'lora.gradA', at: ({ gradA }) => gradA, stepped: true },
    { name: 'lora.gradB', at: ({ gradB }) => gradB, stepped: true },
    fixed('lora.W', lora.weight),
    fixed('lora.plantedDelta', lora.plantedDelta),
    fixed('lora.x', lora.x, { gradient: 'lora.gradX' }),
    fixed('lora.gradX', lora.gradInput),
    fixed('lora.output', lora.output, { gradient: 'lora.gradOutput' }),
    fixed('lora.gradOutput', lora.gradOutput),
    trained('adapter.wDown', adapter.wDown, 'adapter.gradWDown'),
    trained('adapter.wUp', adapter.wUp, 'adapter.gradWUp'),
    fixed('adapter.gradWDown', adapter.gradWDown),
    fixed('adapter.gradWUp', adapter.gradWUp),
    fixed('adapter.input', adapter.input),
    fixed('adapter.down', adapter.down),
    fixed('adapter.activated', adapter.activated),
    fixed('adapter.output', adapter.output),
    trained('prefix.prefix', prefix.prefix, 'prefix.gradPrefix'),
    fixed('prefix.gradPrefix', prefix.gradPrefix),
    ...prefix.attention.flatMap(({ layer, probabilities, query, key, value, output }) => [
      fixed(`prefix.layers.${layer}.attention`, probabilities),
      fixed(`prefix.layers.${layer}.query`, query),
      fixed(`prefix.layers.${layer}.key`, key),
      fixed(`prefix.layers.${layer}.value`, value),
      fixed(`prefix.layers.${layer}.output`, output),
    ]),
    trained('prompt.prompt', prompt.prompt, 'prompt.gradPrompt'),
    fixed('prompt.gradPrompt', prompt.gradPrompt),
    fixed('prompt.sequence', prompt.sequence),
  ];
}

// eslint-disable-next-line max-lines-per-function -- a list of the demo's parts, in the order of its tabs
export function describeDemo(result: DemoResult, tensors: readonly DemoTensor[]): SourceDescription {
  const { lora, adapter, prefix, prompt } = result;
  const last = lora.training.snapshots.at(-1)!;
  const [attention] = prefix.attention;
  const [batch, , tokens] = attention?.probabilities.shape ?? [];
  return {
    kind: 'demo',
    title: 'PEFT demo',
    method: null,
    config: [
      ['Seed', String(result.seed)],
      ['LoRA', `${lora.outFeatures} x ${lora.inFeatures}, rank ${lora.rank}, alpha ${lora.alpha}`],
      ['Adapter', `${adapter.dModel} x ${adapter.bottleneckDim}`],
      [
        'Prefix',
        `${prefix.prefixLength} positions in ${prefix.numLayers} layers of ${prefix.numHeads} heads of ${prefix.dHead}`,
      ],
      ['Prompt', `${prompt.promptLength} positions of ${prompt.dModel}`],
    ],
    parameters: tensors.reduce((sum, { parameter, at }) => sum + (parameter ? at(last).data.length : 0), 0),
    tensors: tensors.map(({ name, gradient, stepped, at }): TensorInfo => {
      const { shape, data } = at(last);
      const more = { ...(gradient !== undefined && { gradient }), ...(stepped && { stepped }) };
      return { name, dtype: 'F32', shape, bytes: data.byteLength, readable: true, ...more };
    }),
    lora: [
      {
        module: DEMO_LORA,
        layer: null,
        group: DEMO_LORA,
        rank: lora.rank,
        alpha: lora.alpha,
        scaling: lora.scaling,
        scalingSource: `alpha / r = ${lora.alpha} / ${lora.rank}`,
        inFeatures: lora.inFeatures,
        outFeatures: lora.outFeatures,
        a: 'lora.A',
        b: 'lora.B',
        weight: 'lora.W',
      },
    ],
    bottlenecks: [
      {
        module: DEMO_ADAPTER,
        dModel: adapter.dModel,
        bottleneckDim: adapter.bottleneckDim,
        wDown: 'adapter.wDown',
        wUp: 'adapter.wUp',
        activations: {
          input: 'adapter.input',
          down: 'adapter.down',
          activated: 'adapter.activated',
          output: 'adapter.output',
        },
      },
    ],
    prefixes: [
      {
        module: DEMO_PREFIX,
        numLayers: prefix.numLayers,
        numHeads: prefix.numHeads,
        dHead: prefix.dHead,
        prefixLength: prefix.prefixLength,
        ...(attention && {
          attention: {
            name: `prefix.layers.${attention.layer}.attention`,
            layer: attention.layer,
            batch: batch ?? 1,
            tokens: tokens ?? 0,
            layers: prefix.attention.map(({ layer }) => ({ layer, name: `prefix.layers.${layer}.attention` })),
          },
        }),
        hasGradient: true,
      },
    ],
    prompts: [
      {
        module: DEMO_PROMPT,
        promptLength: prompt.promptLength,
        dModel: prompt.dModel,
        prompt: 'prompt.prompt',
        sequence: { name: 'prompt.sequence', sequenceLength: prompt.sequenceLength },
      },
    ],
    training: {
      recordedSteps: lora.training.snapshots.map(({ step }) => step),
      loss: lora.training.losses,
      optimiser: lora.training.optimiser,
      target: lora.target,
    },
    problems: [],
  };
}
