/** An adapter as its config, its weights and its base model tell of it, as far as each is there. Pure. */

import type { AdapterPlan } from '../../budget/adapterPlan';
import { planAdapter } from '../../budget/adapterPlan';
import type { RawConfig } from '../../peftConfig/configValues';
import { readModelShape } from '../../budget/readModelShape';
import type { ModuleTable } from '../../budget/moduleTable';
import { buildModuleTable } from '../../budget/moduleTable';
import type { AdapterWeights } from '../../protocol/planner';
import { attempt } from '../attempt';

export interface AdapterFacts {
  /** adapter_config.json as it stands in the editor. */
  readonly config: RawConfig;
  /** adapter_model.safetensors beside it; null where there is none. */
  readonly weights: AdapterWeights | null;
  /** The base model's config, where it was found; `title` is a path or a preset's name. */
  readonly base: { readonly title: string; readonly config: unknown } | null;
}

/** PEFT's defaults for keys that are absent. */
const DEFAULT_RANK = 8;
const DEFAULT_ALPHA = 8;
/** The facts, with what several explanations derive from them. */
export class ExplainedAdapter {
  readonly config: RawConfig;
  readonly weights: AdapterWeights | null;
  readonly baseTitle: string;
  readonly table: ModuleTable | null;
  readonly isLora: boolean;
  readonly rank: number | null;
  readonly alpha: number | null;
  readonly rankStabilised: boolean;

  constructor({ config, weights, base }: AdapterFacts) {
    this.config = config;
    this.weights = weights;
    this.baseTitle = base?.title ?? '';
    this.table = base && attempt(() => buildModuleTable(readModelShape(base.config)));
    this.isLora = (this.value('peft_type') ?? 'LORA') === 'LORA';
    this.rank = this.number('r', DEFAULT_RANK);
    this.alpha = this.number('lora_alpha', DEFAULT_ALPHA);
    this.rankStabilised = this.value('use_rslora') === true;
  }

  value(key: string): unknown {
    return Object.hasOwn(this.config, key) ? this.config[key] : undefined;
  }

  private number(key: string, fallback: number): number | null {
    const value = this.value(key) ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
  }

  /** As it would be on the base model; null where that is unknown or cannot be counted. */
  plan(changes: RawConfig = {}): AdapterPlan | null {
    const { table } = this;
    const config: RawConfig = { peft_type: 'LORA', ...this.config, ...changes };
    return table && attempt(() => planAdapter(table, config));
  }
}
