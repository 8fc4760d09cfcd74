/**
 * Places modules in the grid of layers x modules: the layer's index is the row, and the group is the column.
 *
 * 'model.layers.3.self_attn.q_proj' is layer 3 of group 'self_attn.q_proj'. If a model has several numbered stacks of
 * layers, the group names the stack: 'encoder.self_attn.q_proj' and 'decoder.self_attn.q_proj'.
 */

interface GridPlace {
  readonly layer: number | null;
  readonly group: string;
}

interface Split {
  /** Segments before the first number; `rest` holds those after it. */
  readonly stem: readonly string[];
  readonly layer: number | null;
  readonly rest: readonly string[];
}

/** Places in the order of `modules`. */
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

/** kohya replaces '.' with '_' in paths. A path without any '.' is taken as one of kohya's. */
function split(module: string): Split {
  const segments = module.split(module.includes('.') ? '.' : '_');
  const at = segments.findIndex((segment) => /^\d{1,6}$/.test(segment));
  if (at < 0 || at === segments.length - 1) return { stem: [], layer: null, rest: segments };
  return { stem: segments.slice(0, at), layer: Number(segments[at]), rest: segments.slice(at + 1) };
}

/** The part of each stem that is not common to all stems: empty if there is only one. */
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
