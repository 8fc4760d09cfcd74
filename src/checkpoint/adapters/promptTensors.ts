/**
 * Prompt and prefix tuning: one tensor, `prompt_embeddings`, whose meaning depends on the config.
 *
 * A prompt is (promptLength, dModel). A prefix is (prefixLength, layers * 2 * heads * dHead): for each layer the keys,
 * then the values, head by head. PEFT reshapes it to (prefixLength, layers * 2, heads, dHead).
 */

import type { PrefixInfo, PromptInfo } from '../sourceDescription';
import type { Problem } from '../../peftConfig/problem';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { MatrixLayout } from './factorLayout';
import type { TensorEntry } from '../header';

const TENSOR_NAME = 'prompt_embeddings';
const PREFIX_METHODS: ReadonlySet<string> = new Set(['PREFIX_TUNING', 'CARTRIDGE']);

export interface PromptTensors {
  readonly prompts: readonly PromptInfo[];
  readonly prefixes: readonly PrefixInfo[];
  readonly problems: readonly Problem[];
}

export function describePrompts(tensors: readonly TensorEntry[], config: AdapterConfig | null): PromptTensors {
  const tensor = tensors.find(({ name }) => name === TENSOR_NAME);
  const none: PromptTensors = { prompts: [], prefixes: [], problems: [] };
  if (!tensor || !tensor.readable) return none;
  if (tensor.shape.length !== 2)
    return { ...none, problems: [problem(`has shape [${tensor.shape.join(', ')}], expected two dimensions`)] };
  const [length, width] = tensor.shape as readonly [number, number];
  if (config?.peftType && PREFIX_METHODS.has(config.peftType)) return describePrefix(length, width, config);

  const problems: Problem[] = [];
  const { numVirtualTokens, numTransformerSubmodules, tokenDim } = config?.prompt ?? {};
  if (!config?.peftType) {
    const message = `${TENSOR_NAME} is shown as a prompt: only adapter_config.json would tell it from a prefix`;
    problems.push({ severity: 'info', message, subject: TENSOR_NAME });
  } else {
    const expected = (numVirtualTokens ?? length) * (numTransformerSubmodules ?? 1);
    if (numVirtualTokens && expected !== length)
      problems.push(problem(`has ${length} rows, adapter_config.json says ${expected}`));
    if (tokenDim && tokenDim !== width)
      problems.push(problem(`has ${width} columns, adapter_config.json says ${tokenDim}`));
  }
  return {
    ...none,
    prompts: [{ module: TENSOR_NAME, promptLength: length, dModel: width, prompt: TENSOR_NAME }],
    problems,
  };
}

function describePrefix(prefixLength: number, width: number, config: AdapterConfig): PromptTensors {
  const { numLayers, numAttentionHeads: numHeads, numVirtualTokens } = config.prompt;
  const none: PromptTensors = { prompts: [], prefixes: [], problems: [] };
  if (numLayers === null || numHeads === null) {
    return {
      ...none,
      problems: [problem('cannot be split into layers: adapter_config.json lacks num_layers or num_attention_heads')],
    };
  }
  const dHead = width / (numLayers * 2 * numHeads);
  if (!Number.isInteger(dHead) || dHead === 0) {
    const needed = `a multiple of ${numLayers} layers x 2 x ${numHeads} heads`;
    return { ...none, problems: [problem(`has ${width} columns, expected ${needed}`)] };
  }
  const problems: Problem[] = [];
  if (numVirtualTokens && numVirtualTokens !== prefixLength) {
    problems.push(problem(`has ${prefixLength} rows, adapter_config.json says ${numVirtualTokens}`));
  }
  return {
    ...none,
    prefixes: [{ module: TENSOR_NAME, numLayers, numHeads, dHead, prefixLength, hasGradient: false }],
    problems,
  };
}

function problem(message: string): Problem {
  return {
    severity: 'warning',
    code: 'config_mismatch',
    message: `${TENSOR_NAME} ${message}`,
    subject: TENSOR_NAME,
  };
}

/** The layout of one layer's keys or values, (prefixLength, numHeads * dHead), in PEFT's tensor. */
export function prefixLayout(prefix: PrefixInfo, layer: number, part: 'key' | 'value'): MatrixLayout | null {
  if (!Number.isInteger(layer) || layer < 0 || layer >= prefix.numLayers) return null;
  const columns = prefix.numHeads * prefix.dHead;
  const index = 2 * layer + (part === 'key' ? 0 : 1);
  return {
    rows: prefix.prefixLength,
    columns,
    offset: index * columns,
    rowStride: prefix.numLayers * 2 * columns,
    columnStride: 1,
  };
}
