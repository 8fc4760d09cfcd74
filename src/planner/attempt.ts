/** Counting that may be refused: what then stands in the result's place. */

import { BudgetError } from '../peftConfig/errors';

/** Null for what the budget refuses: then another check says it, or less is said. */
export function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof BudgetError) return null;
    throw error;
  }
}

/** What it returns, or the message of the typed error it throws. */
export function attemptOrMessage<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof BudgetError) return error.message;
    throw error;
  }
}
