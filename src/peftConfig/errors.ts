/** Errors of configs and budgets. Each states the key or name at fault, the value found and the value expected. */

export class BudgetError extends Error {
  override readonly name: string = 'BudgetError';
}

/** A key of a model's or an adapter's config holds a value that cannot be used. */
export class ConfigError extends BudgetError {
  override readonly name = 'ConfigError';

  constructor(
    readonly key: string,
    readonly got: unknown,
    readonly expected: string,
  ) {
    super(`config key '${key}': got ${describe(got)}, expected ${expected}`);
  }
}

/** A regular expression in an adapter's config that Python would refuse or that is not supported here. */
export class PatternError extends BudgetError {
  override readonly name = 'PatternError';

  constructor(
    readonly pattern: string,
    readonly reason: string,
  ) {
    super(`pattern ${JSON.stringify(shorten(pattern))}: ${reason}`);
  }
}

/** Stops a request after its slice of time. `PacedMatching` catches it and starts the request again. */
export class SliceOver extends Error {
  override readonly name = 'SliceOver';
}

/** Limit on the characters of a value that a message quotes, because a config is untrusted. */
const MAX_QUOTED_CHARACTERS = 60;

function describe(got: unknown): string {
  if (got === undefined) return 'nothing';
  if (typeof got === 'string') return JSON.stringify(shorten(got));
  if (typeof got === 'number' || typeof got === 'boolean' || got === null) return String(got);
  return Array.isArray(got) ? 'a list' : 'an object';
}

export function shorten(text: string): string {
  return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}...` : text;
}
