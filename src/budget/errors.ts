/** Errors of counting: each says what was there and what was expected. */

import { BudgetError, shorten } from '../peftConfig/errors';

/** The model is readable, but no table says which modules its type has. */
export class UnknownArchitectureError extends BudgetError {
  override readonly name = 'UnknownArchitectureError';
  /** Shortened for messages. */
  readonly modelType: string;

  constructor(modelType: string, known: readonly string[]) {
    super(
      `model_type '${shorten(modelType)}' has no module table (${known.length} types have); ` +
        "the header of the model's safetensors file has the shapes that are needed",
    );
    this.modelType = shorten(modelType);
  }
}

/** The targets match nothing, or what they match cannot hold this kind of adapter; PEFT refuses it too. */
export class TargetError extends BudgetError {
  override readonly name = 'TargetError';
}

/** The count is decided by the weights or by the data, which no config says. */
export class NeedsWeightsError extends BudgetError {
  override readonly name = 'NeedsWeightsError';
}

/** No rule is known here for this method or variant. */
export class UnknownMethodError extends BudgetError {
  override readonly name = 'UnknownMethodError';
}
