/**
 * The frequencies of rotary positions, from a model's config: how far feature pair i turns per position.
 *
 *     default    frequency_i = theta^(-2i/headDim)
 *     linear     every frequency divided by `factor` (Chen et al. 2023, arXiv:2306.15595)
 *     dynamic    a larger theta once the sequence exceeds the trained length
 *     llama3     low frequencies divided by `factor`, high ones kept, a blend in between (Llama 3.1)
 *     yarn       the same idea with a ramp over the feature pairs, and scaled scores (Peng et al. 2023, arXiv:2309.00071)
 *     longrope   a factor for each feature pair (Ding et al. 2024, arXiv:2402.13753)
 *
 * Source: `modeling_rope_utils` of huggingface/transformers 5. Configs of version 4 write the same settings as
 * `rope_theta` and `rope_scaling`.
 */

import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';
import { ConfigError } from '../peftConfig/errors';
import type { RotaryTable } from '../tensor/layers/rotary';
import { Tensor } from '../tensor/tensor';

const USUAL_THETA = 10000;
/** YaRN's defaults: pairs that turn more often than this over the trained length are kept, fewer are interpolated. */
const YARN_FAST = 32;
const YARN_SLOW = 1;

interface Frequencies {
  readonly frequencies: number[];
  /** Factor on cosine and sine. */
  readonly scale: number;
}

interface RotarySettings {
  readonly theta: number;
  readonly headDim: number;
  /** Positions that the table has. */
  readonly positions: number;
  /** The length that the model was made for, and the one it was first trained with. */
  readonly modelLength: number;
  readonly trainedLength: number;
  readonly parameters: RawConfig;
}

/** The table of cosines and sines for positions 0 to `positions` - 1. @throws ConfigError */
export function rotaryTable(config: RawConfig, headDim: number, positions: number): RotaryTable {
  const settings = readSettings(config, headDim, positions);
  const { frequencies, scale } = frequenciesOf(settings);
  const table = { cos: Tensor.zeros([positions, headDim / 2]), sin: Tensor.zeros([positions, headDim / 2]) };
  for (let i = 0; i < table.cos.size; i++) {
    const pair = i % frequencies.length;
    // PyTorch computes the angle in float32, and the error of a large angle is visible.
    const angle = Math.fround(Math.fround(frequencies[pair]!) * Math.floor(i / frequencies.length));
    table.cos.data[i] = Math.cos(angle) * scale;
    table.sin.data[i] = Math.sin(angle) * scale;
  }
  return table;
}

function readSettings(config: RawConfig, headDim: number, positions: number): RotarySettings {
  if (headDim % 2 === 1) throw new ConfigError('head_dim', headDim, 'an even number for rotary positions');
  const given = config['rope_parameters'] ?? config['rope_scaling'];
  const parameters = isObject(given) ? given : {};
  const modelLength = finite(config, 'max_position_embeddings') ?? positions;
  const trained = finite(config, 'original_max_position_embeddings');
  return {
    theta: finite(parameters, 'rope_theta') ?? finite(config, 'rope_theta') ?? USUAL_THETA,
    headDim,
    positions,
    modelLength,
    trainedLength: trained ?? finite(parameters, 'original_max_position_embeddings') ?? modelLength,
    parameters,
  };
}

function frequenciesOf(settings: RotarySettings): Frequencies {
  const kind = settings.parameters['rope_type'] ?? settings.parameters['type'] ?? 'default';
  const rule = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!rule) throw new ConfigError('rope_type', kind, `one of ${Object.keys(KINDS).join(', ')}`);
  return rule(settings);
}

const KINDS: Readonly<Record<string, (settings: RotarySettings) => Frequencies>> = {
  default: (settings) => ({ frequencies: plain(settings), scale: 1 }),
  linear: (settings) => {
    const factor = required(settings, 'factor');
    return { frequencies: plain(settings).map((frequency) => frequency / factor), scale: 1 };
  },
  dynamic: (settings) => {
    const { theta, headDim, positions, modelLength } = settings;
    const factor = required(settings, 'factor');
    const length = Math.max(positions, modelLength);
    const stretched = theta * ((factor * length) / modelLength - (factor - 1)) ** (headDim / (headDim - 2));
    return { frequencies: plain({ ...settings, theta: stretched }), scale: 1 };
  },
  llama3: (settings) => ({ frequencies: plain(settings).map((each) => blended(each, settings)), scale: 1 }),
  yarn,
  longrope,
};

function plain({ theta, headDim }: RotarySettings): number[] {
  return Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
}

/** Llama 3.1: by how many wavelengths fit the trained length. */
function blended(frequency: number, settings: RotarySettings): number {
  const factor = required(settings, 'factor');
  const [low, high] = [required(settings, 'low_freq_factor'), required(settings, 'high_freq_factor')];
  const turns = (settings.trainedLength * frequency) / (2 * Math.PI);
  if (turns < low) return frequency / factor;
  if (turns > high) return frequency;
  const kept = (turns - low) / (high - low);
  return ((1 - kept) * frequency) / factor + kept * frequency;
}

function yarn(settings: RotarySettings): Frequencies {
  const { parameters, theta, headDim, modelLength, trainedLength } = settings;
  const factor = finite(parameters, 'factor') ?? modelLength / trainedLength;
  const pairWithTurns = (turns: number): number =>
    (headDim * Math.log(trainedLength / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const exact = parameters['truncate'] === false;
  const [first, last] = [
    pairWithTurns(finite(parameters, 'beta_fast') || YARN_FAST),
    pairWithTurns(finite(parameters, 'beta_slow') || YARN_SLOW),
  ];
  const low = Math.max(exact ? first : Math.floor(first), 0);
  const end = Math.min(exact ? last : Math.ceil(last), headDim - 1);
  const high = end === low ? end + 0.001 : end; // the ramp must not have length zero
  const frequencies = plain(settings).map((frequency, i) => {
    const interpolated = Math.min(1, Math.max(0, (i - low) / (high - low)));
    return (frequency / factor) * interpolated + frequency * (1 - interpolated);
  });
  return { frequencies, scale: finite(parameters, 'attention_factor') ?? yarnScale(factor, parameters) };
}

function yarnScale(factor: number, parameters: RawConfig): number {
  const scaleFor = (weight: number): number => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  const [own, all] = [finite(parameters, 'mscale'), finite(parameters, 'mscale_all_dim')];
  return own && all ? scaleFor(own) / scaleFor(all) : scaleFor(1);
}

function longrope(settings: RotarySettings): Frequencies {
  const { parameters, positions, headDim, modelLength, trainedLength } = settings;
  const key = positions > trainedLength ? 'long_factor' : 'short_factor';
  const factors = parameters[key];
  if (!Array.isArray(factors) || factors.length !== headDim / 2 || !factors.every((each) => each > 0))
    throw new ConfigError(key, factors, `${headDim / 2} positive numbers`);
  const factor = finite(parameters, 'factor') ?? modelLength / trainedLength;
  const usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(trainedLength));
  return {
    frequencies: plain(settings).map((frequency, i) => frequency / (factors[i] as number)),
    scale: finite(parameters, 'attention_factor') ?? usual,
  };
}

function finite(config: RawConfig, key: string): number | null {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ConfigError(key, value, 'a number');
  return value;
}

function required({ parameters }: RotarySettings, key: string): number {
  const value = finite(parameters, key);
  if (value === null) throw new ConfigError(key, value, 'a number');
  return value;
}
