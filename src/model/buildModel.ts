/**
 * Builds a language model from the tensors of a checkpoint and, with a method, from the tensors of its adapter. The
 * module table names the tensors; which parameters train is the method's choice, or all of them for full fine-tuning.
 */

import type { Module } from '../budget/moduleTable';
import { moduleTensors } from '../budget/moduleTable';
import { ShapeError } from '../tensor/errors';
import { checkShape } from '../tensor/tensor';
import type { Tensor } from '../tensor/tensor';
import type { Workspace } from '../tensor/workspace';
import { DecoderBlock } from './decoderBlock';
import type { Decoder } from './decoder';
import { FeedForward } from './feedForward';
import { Sum } from './join';
import { LanguageModel } from './languageModel';
import type { ModelAdapter } from './modelAdapter';
import { Norm } from './norm';
import { Parameter } from './parameter';
import { LayerPrefix } from './prefix';
import { Linear } from './projection';
import type { Projection } from './projection';
import { SelfAttention } from './selfAttention';
import { TokenEmbedding } from './tokenEmbedding';

/** Tensors by the names of a checkpoint. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

interface ModelSources {
  readonly decoder: Decoder;
  readonly tensors: NamedTensors;
  readonly adapter: ModelAdapter;
  /** Whether the model's own parameters train. */
  readonly trainsBase: boolean;
}

/** @throws ShapeError if a tensor is missing or has another shape than the module table says. */
export function buildModel(sources: ModelSources, workspace: Workspace): LanguageModel {
  const { decoder, adapter } = sources;
  const builder = new ModelBuilder(sources, workspace);
  const embedding = builder.embedding();
  const blocks = Array.from({ length: decoder.shape.numLayers }, (_, layer) => builder.block(layer));
  const norm = builder.norm('model.norm')!;
  const head = builder.projection(decoder.table.outputEmbedding!);
  const trained = [...new Set([...builder.base.values(), ...adapter.parameters])].filter(({ grad }) => grad);
  const promptLength = adapter.prompt?.value.shape[0] ?? 0;
  const prefixLength = adapter.prefix?.value.shape[0] ?? 0;
  return new LanguageModel({ decoder, embedding, blocks, norm, head, trained, promptLength, prefixLength }, workspace);
}

class ModelBuilder {
  /** The model's own parameters by name, as far as no adapter replaces them. */
  readonly base = new Map<string, Parameter>();
  private readonly modules: ReadonlyMap<string, Module>;

  constructor(
    private readonly sources: ModelSources,
    private readonly workspace: Workspace,
  ) {
    this.modules = new Map(sources.decoder.table.modules.map((module) => [module.name, module]));
  }

  embedding(): TokenEmbedding {
    const { adapter, decoder } = this.sources;
    const name = decoder.table.inputEmbedding!;
    return new TokenEmbedding(this.parameter(name, 'weight')!, adapter.prompt, adapter.embed(name), this.workspace);
  }

  block(layer: number): DecoderBlock {
    const { workspace } = this;
    const { adapter, decoder } = this.sources;
    const { shape, family, config, activation } = decoder;
    const path = `model.layers.${layer}`;
    const own = (name: string): Projection => this.projection(`${path}.${name}`);
    const sizes = { heads: shape.numHeads, keyValueHeads: shape.numKeyValueHeads, headDim: shape.headDim };
    const attention = new SelfAttention(
      {
        query: own('self_attn.q_proj'),
        key: own('self_attn.k_proj'),
        value: own('self_attn.v_proj'),
        output: own('self_attn.o_proj'),
        queryNorm: this.norm(`${path}.self_attn.q_norm`),
        keyNorm: this.norm(`${path}.self_attn.k_norm`),
        prefix: adapter.prefix && new LayerPrefix(adapter.prefix, layer, shape.keyValueWidth, workspace),
        sizes,
        window: family.window(config, layer),
      },
      workspace,
    );
    const feedForward = { gate: own('mlp.gate_proj'), up: own('mlp.up_proj'), down: own('mlp.down_proj') };
    return new DecoderBlock(
      {
        attentionNorm: this.norm(`${path}.input_layernorm`)!,
        attention,
        afterAttention: adapter.join(layer, 'attention') ?? new Sum(workspace),
        feedForwardNorm: this.norm(`${path}.post_attention_layernorm`)!,
        feedForward: new FeedForward(feedForward, activation, workspace),
        afterFeedForward: adapter.join(layer, 'feedForward') ?? new Sum(workspace),
      },
      workspace,
    );
  }

  /** `null` if the family has no such norm. */
  norm(name: string): Norm | null {
    const weight = this.parameter(name, 'weight');
    return weight && new Norm(weight, this.sources.decoder.epsilon, this.workspace);
  }

  projection(name: string): Projection {
    const plain = new Linear(this.parameter(name, 'weight')!, this.parameter(name, 'bias'), this.workspace);
    return this.sources.adapter.project(name, plain);
  }

  /** `null` if the module table has no such tensor. */
  private parameter(moduleName: string, kind: 'weight' | 'bias'): Parameter | null {
    const module = this.modules.get(moduleName);
    const tensor = module && moduleTensors(module).find(({ name }) => name === `${moduleName}.${kind}`);
    if (!module || !tensor) return null;
    const replaced = this.sources.adapter.replacement(tensor.name);
    if (replaced) {
      checkShape(replaced.name, replaced.value, tensor.shape);
      return replaced;
    }
    // A tied output layer has the weight of the embedding, without what an adapter makes of it.
    const name = module.tied ? `${this.sources.decoder.table.inputEmbedding}.weight` : tensor.name;
    const known = this.base.get(name);
    if (known) return known;
    const { tensors, trainsBase } = this.sources;
    if (!Object.hasOwn(tensors, name)) throw new ShapeError(`model tensor ${name}`, 'a tensor', 'none');
    checkShape(`model tensor ${name}`, tensors[name]!, tensor.shape);
    const parameter = Parameter.copy(name, tensors[name]!, trainsBase, this.workspace);
    this.base.set(name, parameter);
    return parameter;
  }
}
