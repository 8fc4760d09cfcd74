/** Errors of the budget: each says which key or name, what was there and what was expected. */

export class BudgetError extends Error {
  override readonly name: string = 'BudgetError';
}

/** A key of a model's or an adapter's config holds what cannot be used. */
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

/** The model is readable, but no table says which modules its type has. */
export class UnknownArchitectureError extends BudgetError {
  override readonly name = 'UnknownArchitectureError';
  /** Shortened for messages. */
  readonly modelType: string;

  constructor(modelType: string, known: readonly string[]) {
    super(`model_type '${shorten(modelType)}' has no module table; there are tables for ${known.join(', ')}`);
    this.modelType = shorten(modelType);
  }
}

/** Values quoted in a message are cut here: a config is a stranger's file. */
const MAX_QUOTED_CHARACTERS = 60;

function describe(got: unknown): string {
  if (got === undefined) return 'nothing';
  if (typeof got === 'string') return JSON.stringify(shorten(got));
  if (typeof got === 'number' || typeof got === 'boolean' || got === null) return String(got);
  return Array.isArray(got) ? 'a list' : 'an object';
}

function shorten(text: string): string {
  return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}...` : text;
}
