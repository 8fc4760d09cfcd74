/**
 * Where in the grid of layers x modules a module stands: its layer's index, and its group, one column of the grid.
 *
 * 'model.layers.3.self_attn.q_proj' is layer 3 of group 'self_attn.q_proj'. Where a model numbers the layers of several
 * stacks, the group says which: 'encoder.self_attn.q_proj' and 'decoder.self_attn.q_proj'.
 */

interface GridPlace {
  readonly layer: number | null;
  readonly group: string;
}

interface Split {
  /** Segments before the first number and after it. */
  readonly stem: readonly string[];
  readonly layer: number | null;
  readonly rest: readonly string[];
}

/** In the order of `modules`. */
export function placeModules(modules: readonly string[]): GridPlace[] {
  const splits = modules.map(split);
  const stems = new Map<string, readonly string[]>();
  for (const { stem, layer } of splits) if (layer !== null) stems.set(stem.join('.'), stem);
  const labels = labelStems([...stems.values()]);
  return splits.map(({ stem, layer, rest }, i) => ({
    layer,
    group: layer === null ? modules[i]! : [...(labels.get(stem.join('.')) ?? []), ...rest].join('.'),
  }));
}

/** kohya writes a path with '_' for '.', and nothing tells the two apart but that no '.' is left. */
function split(module: string): Split {
  const segments = module.split(module.includes('.') ? '.' : '_');
  const at = segments.findIndex((segment) => /^\d{1,6}$/.test(segment));
  if (at < 0 || at === segments.length - 1) return { stem: [], layer: null, rest: segments };
  return { stem: segments.slice(0, at), layer: Number(segments[at]), rest: segments.slice(at + 1) };
}

/** Of each stem what is not common to all of them: nothing where there is but one. */
function labelStems(stems: readonly (readonly string[])[]): Map<string, readonly string[]> {
  const [first] = stems;
  if (!first) return new Map();
  const shortest = stems.reduce((length, stem) => Math.min(length, stem.length), first.length);
  const common = (segment: (stem: readonly string[], i: number) => string | undefined): number => {
    let count = 0;
    while (count < shortest && stems.every((stem) => segment(stem, count) === segment(first, count))) count++;
    return count;
  };
  const head = common((stem, i) => stem[i]);
  const tail = Math.min(
    common((stem, i) => stem.at(-1 - i)),
    shortest - head,
  );
  return new Map(stems.map((stem) => [stem.join('.'), stem.slice(head, stem.length - tail)]));
}
