/** The facts about an adapter from its config, its weights and its base model. Pure. */

import { defaultOf } from '../../peftConfig/methodKeys';
import type { Budget } from '../../budget/computeBudget';
import { budgetOf, tableFor } from '../../budget/computeBudget';
import type { RawConfig } from '../../peftConfig/configValues';
import type { ModuleTable } from '../../budget/moduleTable';
import type { NamedShape } from '../../budget/rows';
import { modelText } from '../../text/modelText';
import type { AdapterWeights } from '../../protocol/planner';
import { attempt } from '../attempt';

export interface AdapterFacts {
  /** adapter_config.json as the editor shows it. */
  readonly config: RawConfig;
  /** The adapter_model.safetensors in the same folder; `null` without one. */
  readonly weights: AdapterWeights | null;
  /**
   * The base model, if it was found. `title` is a path or a preset's name. `tensors` are the names and shapes in its
   * weights' headers, for an architecture without a module table.
   */
  readonly base: {
    readonly title: string;
    /** See `NamedModel`. */
    readonly standsInFor?: string | null;
    readonly config: unknown;
    readonly tensors?: readonly NamedShape[] | null;
  } | null;
}

/** The facts, and values that several explanations derive from them. */
export class ExplainedAdapter {
  readonly config: RawConfig;
  readonly weights: AdapterWeights | null;
  /** See `modelText`. */
  readonly baseTitle: string;
  readonly standsIn: boolean;
  readonly table: ModuleTable | null;
  readonly isLora: boolean;
  readonly rank: number | null;
  readonly alpha: number | null;
  readonly rankStabilised: boolean;

  constructor({ config, weights, base }: AdapterFacts) {
    this.config = config;
    this.weights = weights;
    this.baseTitle = base ? modelText({ title: base.title, standsInFor: base.standsInFor ?? null }) : '';
    this.standsIn = (base?.standsInFor ?? null) !== null;
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

  /** The adapter on the base model; `null` if the model is unknown or the adapter cannot be counted. */
  budget(changes: RawConfig = {}): Budget | null {
    const { table } = this;
    const config: RawConfig = { peft_type: 'LORA', ...this.config, ...changes };
    return table && attempt(() => budgetOf(table, config));
  }
}
