/** Values by pattern, as PEFT keeps ranks and alphas that differ between modules: the first key that fits decides. */

import { PythonPattern } from './pythonPattern';

export interface PatternList<T> {
  /** Null where no key fits. */
  valueFor(name: string): T | null;
}

/** A key fits a name's end from a dot on; it is a regular expression, so '^' before it ties it to the name's start. */
export function patternList<T>(entries: readonly (readonly [string, T])[]): PatternList<T> {
  const compiled = entries.map(([key, value]) => ({ pattern: new PythonPattern(`(.*\\.)?(${key})$`), value }));
  return { valueFor: (name) => compiled.find(({ pattern }) => pattern.match(name))?.value ?? null };
}
