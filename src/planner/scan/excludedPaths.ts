/**
 * Matches paths with the globs of VS Code's setting files.exclude. The globs may come from a stranger's workspace, so
 * they are not turned into regular expressions: each match takes at most the product of both lengths, and all matches
 * share a budget of steps.
 *
 * `*` and `?` match within a segment, `**` any number of segments, `{a,b}` either text, and `[a-z]` or `[!a-z]` one
 * character.
 */

/** People write about ten, and longer ones than this match nothing that they mean. */
const MAX_GLOBS = 200;
const MAX_CHARACTERS = 200;
/** Ten globs on 50,000 paths take 20 million, in about two seconds. After that, only globs of a name still exclude. */
const MAX_STEPS = 20_000_000;

/** A segment of a glob: a text, `**`, or tokens: `*`, `?`, `[...]` and single characters. */
type Part = string | typeof ANY | readonly string[];
const ANY = Symbol('**');

export class ExcludedPaths {
  /** Names that are excluded in any folder, which most globs are. */
  private readonly names = new Set<string>();
  private readonly globs: (readonly Part[])[] = [];
  private steps = MAX_STEPS;

  constructor(globs: readonly string[]) {
    for (const glob of globs.flatMap((each) => expandBraces(each.slice(0, MAX_CHARACTERS))).slice(0, MAX_GLOBS)) {
      const [, name] = /^\*\*\/([^/*?[\]{}]+)(?:\/\*\*)?$/.exec(glob) ?? [];
      if (name) this.names.add(name);
      else this.globs.push(glob.split('/').map(partOf));
    }
  }

  /** `path` is relative, with slashes. A folder is excluded if all that it contains is. */
  has(path: string): boolean {
    if (this.names.has(path.slice(path.lastIndexOf('/') + 1))) return true;
    if (this.globs.length === 0) return false;
    const segments = path.split('/');
    return this.globs.some((glob) => this.matches(glob, segments));
  }

  private matches(glob: readonly Part[], segments: readonly string[]): boolean {
    return matchesAll(glob, ANY, segments, (part, segment) => {
      if (--this.steps < 0) return false;
      if (typeof part === 'string') return part === segment;
      if (part === ANY) return false;
      return matchesAll(part, '*', segment, (token, character) => --this.steps >= 0 && matchesOne(token, character));
    });
  }
}

/** Whether the parts match the items, where `star` matches any number of items. Only the last star is retried. */
function matchesAll<P>(
  parts: readonly P[],
  star: P,
  items: ArrayLike<string>,
  matches: (part: P, item: string) => boolean,
): boolean {
  let part = 0;
  let afterStar = -1;
  let resume = 0;
  for (let item = 0; item < items.length;) {
    if (part < parts.length && parts[part] === star) {
      afterStar = ++part;
      resume = item;
    } else if (part < parts.length && matches(parts[part]!, items[item]!)) {
      part++;
      item++;
    } else if (afterStar >= 0) {
      part = afterStar;
      item = ++resume;
    } else return false;
  }
  while (part < parts.length && parts[part] === star) part++;
  return part === parts.length;
}

function partOf(segment: string): Part {
  if (segment === '**') return ANY;
  return /[*?[]/.test(segment) ? (segment.match(/\[[^\]]+\]|[^]/g) ?? []) : segment;
}

function matchesOne(token: string, character: string): boolean {
  if (token === '?' || token === character) return true;
  if (token.length < 3) return false;
  const negated = /^\[[!^]/.test(token);
  const ranges = token.slice(negated ? 2 : 1, -1).match(/[^]-[^]|[^]/g) ?? [];
  const inside = ranges.some((range) =>
    range.length === 3 ? range[0]! <= character && character <= range[2]! : range === character,
  );
  return inside !== negated;
}

/** The texts that a glob with `{a,b}` stands for. Nested braces are expanded from the inside. */
function expandBraces(glob: string): string[] {
  let done: string[] = [];
  for (let open = [glob]; open.length > 0 && done.length + open.length <= MAX_GLOBS;) {
    const next: string[] = [];
    for (const each of open) {
      const found = /\{([^{}]*)\}/.exec(each);
      if (!found) done = [...done, each];
      else {
        const [whole, inside = ''] = found;
        const [before, after] = [each.slice(0, found.index), each.slice(found.index + whole.length)];
        for (const choice of inside.split(',')) next.push(before + choice + after);
      }
    }
    open = next;
  }
  return done;
}
