/** Names the tensors of a run of the demo and describes them for the views. */

import type { DemoResult } from '../peft/demoResult';
import type {
  BottleneckInfo,
  LoraModuleInfo,
  PrefixInfo,
  PromptInfo,
  SourceDescription,
  TensorInfo,
} from '../checkpoint/sourceDescription';
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

export function describeDemo(result: DemoResult, tensors: readonly DemoTensor[]): SourceDescription {
  const { training, target } = result.lora;
  const last = training.snapshots.at(-1)!;
  return {
    kind: 'demo',
    title: 'PEFT demo',
    method: null,
    config: settings(result),
    parameters: tensors.reduce((sum, { parameter, at }) => sum + (parameter ? at(last).data.length : 0), 0),
    tensors: tensors.map(({ name, gradient, stepped, at }): TensorInfo => {
      const { shape, data } = at(last);
      const more = { ...(gradient !== undefined && { gradient }), ...(stepped && { stepped }) };
      return { name, dtype: 'F32', shape, bytes: data.byteLength, readable: true, ...more };
    }),
    lora: [loraModule(result.lora)],
    bottlenecks: [bottleneck(result.adapter)],
    prefixes: [prefixModule(result.prefix)],
    prompts: [promptModule(result.prompt)],
    training: {
      recordedSteps: training.snapshots.map(({ step }) => step),
      loss: training.losses,
      optimiser: training.optimiser,
      target,
    },
    problems: [],
  };
}

function settings({ seed, lora, adapter, prefix, prompt }: DemoResult): SourceDescription['config'] {
  const { prefixLength, numLayers, numHeads, dHead } = prefix;
  return [
    ['Seed', String(seed)],
    ['LoRA', `${lora.outFeatures} x ${lora.inFeatures}, rank ${lora.rank}, alpha ${lora.alpha}`],
    ['Adapter', `${adapter.dModel} x ${adapter.bottleneckDim}`],
    ['Prefix', `${prefixLength} positions in ${numLayers} layers of ${numHeads} heads of ${dHead}`],
    ['Prompt', `${prompt.promptLength} positions of ${prompt.dModel}`],
  ];
}

function loraModule({ rank, alpha, scaling, inFeatures, outFeatures }: DemoResult['lora']): LoraModuleInfo {
  return {
    module: DEMO_LORA,
    layer: null,
    group: DEMO_LORA,
    rank,
    alpha,
    scaling,
    scalingSource: `alpha / r = ${alpha} / ${rank}`,
    inFeatures,
    outFeatures,
    a: 'lora.A',
    b: 'lora.B',
    weight: 'lora.W',
  };
}

function bottleneck({ dModel, bottleneckDim }: DemoResult['adapter']): BottleneckInfo {
  return {
    module: DEMO_ADAPTER,
    dModel,
    bottleneckDim,
    wDown: 'adapter.wDown',
    wUp: 'adapter.wUp',
    activations: {
      input: 'adapter.input',
      down: 'adapter.down',
      activated: 'adapter.activated',
      output: 'adapter.output',
    },
  };
}

function prefixModule({ numLayers, numHeads, dHead, prefixLength, attention }: DemoResult['prefix']): PrefixInfo {
  const [first] = attention;
  const [batch, , tokens] = first?.probabilities.shape ?? [];
  return {
    module: DEMO_PREFIX,
    numLayers,
    numHeads,
    dHead,
    prefixLength,
    ...(first && {
      attention: {
        name: `prefix.layers.${first.layer}.attention`,
        layer: first.layer,
        batch: batch ?? 1,
        tokens: tokens ?? 0,
        layers: attention.map(({ layer }) => ({ layer, name: `prefix.layers.${layer}.attention` })),
      },
    }),
    hasGradient: true,
  };
}

function promptModule({ promptLength, dModel, sequenceLength }: DemoResult['prompt']): PromptInfo {
  return {
    module: DEMO_PROMPT,
    promptLength,
    dModel,
    prompt: 'prompt.prompt',
    sequence: { name: 'prompt.sequence', sequenceLength },
  };
}
