/** Values by pattern, as PEFT keeps ranks and alphas that differ between modules: the first key that fits decides. */

import { PythonPattern } from './pythonPattern';

export interface PatternList<T> {
  /** Null where no key fits. */
  valueFor(name: string): T | null;
}

/**
 * FourierFT and C3A look for a key behind a dot only, which an anchored key never is; the full name of a module is
 * taken as it is.
 */
export function dottedPatternList<T>(entries: readonly (readonly [string, T])[]): PatternList<T> {
  const named = new Map(entries);
  const compiled = entries.map(([key, value]) => ({ pattern: new PythonPattern(`.*\\.${key}$`), value }));
  return {
    valueFor: (name) => compiled.find(({ pattern }) => pattern.match(name) !== null)?.value ?? named.get(name) ?? null,
  };
}

/** A key fits a name's end from a dot on; it is a regular expression, so '^' before it ties it to the name's start. */
export function patternList<T>(entries: readonly (readonly [string, T])[]): PatternList<T> {
  const compiled = entries.map(([key, value]) => ({ fits: fitting(key), value }));
  return { valueFor: (name) => compiled.find(({ fits }) => fits(name))?.value ?? null };
}

/** Configs may list every module by name; such keys need no machine, only that their dots fit any character. */
function fitting(key: string): (name: string) => boolean {
  const plain = /^\^?([\w.-]+)$/.exec(key)?.[1];
  if (plain === undefined) {
    const pattern = new PythonPattern(`(.*\\.)?(${key})$`);
    return (name) => pattern.match(name) !== null;
  }
  const anchored = key.startsWith('^');
  return (name) => {
    const start = name.length - plain.length;
    if (start < 0 || (start > 0 && (anchored || name[start - 1] !== '.'))) return false;
    for (let at = 0; at < plain.length; at++) {
      if (plain[at] !== '.' && plain[at] !== name[start + at]) return false;
    }
    return true;
  };
}
