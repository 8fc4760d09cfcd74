/** The errors that users may see. Any other error of the product is a fault. */

import { CheckpointError } from '../../src/checkpoint/errors';
import { InterruptedError, RefusedError, UsageError } from '../../src/cli/command';
import { BudgetError } from '../../src/peftConfig/errors';
import { JsonError } from '../../src/peftConfig/parseJson';
import { ArgumentError } from '../../src/tensor/errors';

/** The error's code or name. Throws every error that is not typed, which is what the fuzz looks for. */
export function typedCode(error: unknown): string {
  if (error instanceof CheckpointError) return error.code;
  const isTyped = [BudgetError, JsonError, ArgumentError, InterruptedError, RefusedError, UsageError].some(
    (type) => error instanceof type,
  );
  if (isTyped) return (error as Error).name;
  throw error;
}
