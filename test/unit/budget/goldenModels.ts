import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { RawConfig } from '../../../src/peftConfig/configValues';
import { readModelShape } from '../../../src/budget/readModelShape';
import type { Module, ModuleTable } from '../../../src/budget/moduleTable';
import { buildModuleTable } from '../../../src/budget/moduleTable';
import { rowTensors } from '../../../src/budget/rows';

/** The model that transformers 5 built from a config: its total and its modules. Only the first layer is listed. */
export interface GoldenModel {
  readonly model: string;
  readonly total: number;
  readonly config: RawConfig;
  /** Linears, embeddings, convolutions: name, class, inputs, outputs, bias, kernel. Others: name, class, tensors. */
  readonly layer0: readonly (
    | readonly [string, string, number, number, boolean, (readonly number[])?]
    | readonly [string, string, readonly (readonly [string, readonly number[]])[]]
  )[];
}

/** What PEFT 0.21 counted for an adapter config on one of those models. */
export interface GoldenBudget {
  readonly model: string;
  readonly method: string;
  readonly trainable?: number;
  readonly all?: number;
  readonly error?: string;
  readonly adapter_config: RawConfig;
}

export function readGolden<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(path.join(process.cwd(), 'test/fixtures/golden', name), 'utf8')) as T[];
}

export function tableOf(config: unknown): ModuleTable {
  return buildModuleTable(readModelShape(config));
}

/** A module as one line: 'lm_head linear 768 50257', 'ln_f weight=768 bias=768'. */
export function lineOf(module: Module): string {
  const { name, kind, inFeatures, outFeatures, bias, kernel } = module;
  if (kind === 'norm' || kind === 'parameters' || kind === 'multihead') {
    return [name, ...rowTensors(module).map(([tensor, shape]) => `${tensor}=${shape.join('x')}`)].join(' ');
  }
  return `${name} ${kind} ${inFeatures} ${outFeatures}${bias ? ' bias' : ''}${kernel ? ` k${kernel.join('x')}` : ''}`;
}
