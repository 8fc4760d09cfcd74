/** Runs work that the budget may refuse, and turns the refusal into a value. */

import { BudgetError } from '../peftConfig/errors';

/** The result, or `null` if the budget refuses: another check then reports why, or less is shown. */
export function attempt<T>(work: () => T): T | null {
  const result = attemptOrError(work);
  return result instanceof BudgetError ? null : result;
}

/** The result, or the budget's error. Any other error is thrown. */
export function attemptOrError<T>(work: () => T): T | BudgetError {
  try {
    return work();
  } catch (error) {
    if (error instanceof BudgetError) return error;
    throw error;
  }
}
