import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { RawConfig } from '../../../src/budget/config';
import { readModelShape } from '../../../src/budget/modelShape';
import type { ModuleTable } from '../../../src/budget/moduleTable';
import { buildModuleTable } from '../../../src/budget/moduleTable';

/** What transformers 5 built from a config: the model's total, and its modules with those of layer 0 only. */
export interface GoldenModel {
  readonly model: string;
  readonly total: number;
  readonly config: RawConfig;
  /** Name, class, in, out, bias of linears and embeddings; name, class, parameter shapes of the rest. */
  readonly layer0: readonly (
    | readonly [string, string, number, number, boolean]
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
