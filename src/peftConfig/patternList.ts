/** Values by pattern, as PEFT keeps ranks and alphas that differ between modules: the first matching key decides. */

import { MAX_ENTRY_LENGTH } from './entryLimits';
import { PatternError } from './errors';
import { currentMatching } from './matching';
import { PythonPattern } from './pythonPattern';

export interface PatternList<T> {
  /** `null` if no key matches the name. */
  valueFor(name: string): T | null;
}

/** A list for keys that follow PEFT's rule for `rank_pattern`. Throws `PatternError` for a key it cannot compile. */
export function patternList<T>(entries: readonly (readonly [string, T])[]): PatternList<T> {
  const compiled = entries.map(([key, value]) => ({ matches: compilePatternKey(key), value }));
  return { valueFor: (name) => compiled.find(({ matches }) => matches(name))?.value ?? null };
}

/**
 * A list for the keys of FourierFT and C3A, which PEFT searches for only after a dot. An anchored key therefore never
 * matches. A module's full name is compared literally.
 */
export function dottedPatternList<T>(entries: readonly (readonly [string, T])[]): PatternList<T> {
  const named = new Map(entries);
  const compiled = entries.map(([key, value]) => ({ pattern: new PythonPattern(`.*\\.${key}$`), value }));
  return {
    valueFor: (name) => compiled.find(({ pattern }) => pattern.match(name) !== null)?.value ?? named.get(name) ?? null,
  };
}

/**
 * PEFT's rule for a key of `rank_pattern` or `alpha_pattern`: `re.match(rf"(.*\.)?({key})$", name)`. The key matches
 * the whole name or its end from a dot on. Throws `PatternError` for a key that it cannot compile.
 */
export function compilePatternKey(key: string): (name: string) => boolean {
  if (key.length > MAX_ENTRY_LENGTH) throw new PatternError(key, `it is longer than ${MAX_ENTRY_LENGTH} characters`);
  const plain = /^\^?([\w.-]+)$/.exec(key)?.[1];
  if (plain !== undefined) {
    const matching = currentMatching();
    const matches = plainKey(plain, key.startsWith('^'));
    return (name) => matching.spend(1, key) && matches(name);
  }
  const pattern = new PythonPattern(`(.*\\.)?(${key})$`);
  return (name) => pattern.match(name) !== null;
}

/** A config may list every module by name. Such a key needs no program: only its dots match any character. */
function plainKey(key: string, anchored: boolean): (name: string) => boolean {
  return (name) => {
    const start = name.length - key.length;
    if (start < 0 || (start > 0 && (anchored || name[start - 1] !== '.'))) return false;
    for (let at = 0; at < key.length; at++) {
      if (key[at] !== '.' && key[at] !== name[start + at]) return false;
    }
    return true;
  };
}
