/** An adapter as its config, its weights and its base model tell of it, as far as each is there. Pure. */

import { defaultOf } from '../../peftConfig/methodKeys';
import type { Budget } from '../../budget/computeBudget';
import { budgetOf, tableFor } from '../../budget/computeBudget';
import type { RawConfig } from '../../peftConfig/configValues';
import type { ModuleTable } from '../../budget/moduleTable';
import type { NamedShape } from '../../budget/rows';
import type { AdapterWeights } from '../../protocol/planner';
import { attempt } from '../attempt';

export interface AdapterFacts {
  /** adapter_config.json as it stands in the editor. */
  readonly config: RawConfig;
  /** adapter_model.safetensors beside it; null where there is none. */
  readonly weights: AdapterWeights | null;
  /**
   * The base model's config, where it was found; `title` is a path or a preset's name, `tensors` the header of its
   * weights, which is needed where its architecture has no module table.
   */
  readonly base: {
    readonly title: string;
    readonly config: unknown;
    readonly tensors?: readonly NamedShape[] | null;
  } | null;
}

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
    const options = base?.tensors ? { tensors: base.tensors } : {};
    this.table = base && attempt(() => tableFor(base.config, config, options));
    this.isLora = (this.value('peft_type') ?? 'LORA') === 'LORA';
    this.rank = this.number('r');
    this.alpha = this.number('lora_alpha');
    this.rankStabilised = this.value('use_rslora') === true;
  }

  value(key: string): unknown {
    return Object.hasOwn(this.config, key) ? this.config[key] : undefined;
  }

  private number(key: string): number | null {
    const value = this.value(key) ?? defaultOf('LORA', key);
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
  }

  /** The adapter counted on the base model; `null` if the model is unknown or the adapter cannot be counted on it. */
  budget(changes: RawConfig = {}): Budget | null {
    const { table } = this;
    const config: RawConfig = { peft_type: 'LORA', ...this.config, ...changes };
    return table && attempt(() => budgetOf(table, config));
  }
}
