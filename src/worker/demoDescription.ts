/** Names the tensors of a run of the demo and describes them for the views. */

import type { DemoResult } from '../peft/demoResult';
import type { TrainingRecord } from '../peft/trainingRecord';
import type {
  BottleneckInfo,
  LoraModuleInfo,
  PrefixInfo,
  PromptInfo,
  SourceDescription,
  TensorInfo,
  TrainedMethod,
  TrainingInfo,
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
  const recorded =
    <Snapshot>(stepped: TrainedMethod, { snapshots }: TrainingRecord<Snapshot>) =>
    (name: string, of: (snapshot: Snapshot) => Tensor, more: Partial<DemoTensor> = {}): DemoTensor => ({
      name: `${stepped}.${name}`,
      at: (index) => of(snapshots[index]!),
      stepped,
      ...more,
    });
  const parameter = (gradient: string): Partial<DemoTensor> => ({ gradient, parameter: true });
  const ofLora = recorded('lora', lora.training);
  const ofAdapter = recorded('adapter', adapter.training);
  const ofPrefix = recorded('prefix', prefix.training);
  const ofPrompt = recorded('prompt', prompt.training);
  return [
    ofLora('A', ({ A }) => A, parameter('lora.gradA')),
    ofLora('B', ({ B }) => B, parameter('lora.gradB')),
    ofLora('gradA', ({ gradA }) => gradA),
    ofLora('gradB', ({ gradB }) => gradB),
    fixed('lora.W', lora.weight),
    fixed('lora.plantedDelta', lora.plantedDelta),
    fixed('lora.x', lora.x, { gradient: 'lora.gradX' }),
    fixed('lora.gradX', lora.gradInput),
    fixed('lora.output', lora.output, { gradient: 'lora.gradOutput' }),
    fixed('lora.gradOutput', lora.gradOutput),
    ofAdapter('wDown', ({ wDown }) => wDown, parameter('adapter.gradWDown')),
    ofAdapter('wUp', ({ wUp }) => wUp, parameter('adapter.gradWUp')),
    ofAdapter('gradWDown', ({ gradWDown }) => gradWDown),
    ofAdapter('gradWUp', ({ gradWUp }) => gradWUp),
    fixed('adapter.input', adapter.input),
    ofAdapter('down', ({ down }) => down),
    ofAdapter('activated', ({ activated }) => activated),
    ofAdapter('output', ({ output }) => output),
    ofPrefix('prefix', (snapshot) => snapshot.prefix, parameter('prefix.gradPrefix')),
    ofPrefix('gradPrefix', ({ gradPrefix }) => gradPrefix),
    ...prefix.inputs.flatMap(({ layer, query, key, value }) => [
      ofPrefix(`layers.${layer}.attention`, ({ attention }) => attention[layer]!.probabilities),
      fixed(`prefix.layers.${layer}.query`, query),
      fixed(`prefix.layers.${layer}.key`, key),
      fixed(`prefix.layers.${layer}.value`, value),
      ofPrefix(`layers.${layer}.output`, ({ attention }) => attention[layer]!.output),
    ]),
    ofPrompt('prompt', (snapshot) => snapshot.prompt, parameter('prompt.gradPrompt')),
    ofPrompt('gradPrompt', ({ gradPrompt }) => gradPrompt),
    ofPrompt('sequence', ({ sequence }) => sequence),
  ];
}

export function describeDemo(result: DemoResult, tensors: readonly DemoTensor[]): SourceDescription {
  const { lora, adapter, prefix, prompt } = result;
  const last = lora.training.snapshots.length - 1;
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
    lora: [loraModule(lora)],
    bottlenecks: [bottleneck(adapter)],
    prefixes: [prefixModule(prefix)],
    prompts: [promptModule(prompt)],
    trainings: {
      lora: trainingInfo(lora),
      adapter: trainingInfo(adapter),
      prefix: trainingInfo(prefix),
      prompt: trainingInfo(prompt),
    },
    problems: [],
  };
}

function trainingInfo({ training, target, start }: DemoResult[TrainedMethod]): TrainingInfo {
  const { snapshots, losses, optimiser } = training;
  const recordedSteps = (snapshots as readonly { readonly step: number }[]).map(({ step }) => step);
  return { recordedSteps, loss: losses, optimiser, target, start };
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

function prefixModule({ numLayers, numHeads, dHead, prefixLength, inputs }: DemoResult['prefix']): PrefixInfo {
  const [first] = inputs;
  const [batch, , tokens] = first?.query.shape ?? [];
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
        layers: inputs.map(({ layer }) => ({ layer, name: `prefix.layers.${layer}.attention` })),
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
