/** Errors of counting. Each says what was found and what was expected. */

import { BudgetError, shorten } from '../peftConfig/errors';

/** The config is readable, but its type has no module table. */
export class UnknownArchitectureError extends BudgetError {
  override readonly name = 'UnknownArchitectureError';
  /** Shortened for messages. */
  readonly modelType: string;

  constructor(modelType: string, known: readonly string[]) {
    super(
      `model_type '${shorten(modelType)}' has no module table (${known.length} types have); ` +
        "the header of the model's safetensors file has the necessary shapes",
    );
    this.modelType = shorten(modelType);
  }
}

/** The targets match nothing, or match modules that cannot hold this kind of adapter. PEFT refuses it too. */
export class TargetError extends BudgetError {
  override readonly name = 'TargetError';
}

/** The count depends on the weights or the data, not on the config. */
export class NeedsWeightsError extends BudgetError {
  override readonly name = 'NeedsWeightsError';
}

/** The tables have no counting rule for the method or variant. */
export class UnknownMethodError extends BudgetError {
  override readonly name = 'UnknownMethodError';
}
