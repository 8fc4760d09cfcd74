/**
 * Places modules in the grid of layers x modules: the layer's index is the row, and the group is the column.
 *
 * 'model.layers.3.self_attn.q_proj' is layer 3 of group 'self_attn.q_proj'. If a model has several numbered stacks of
 * layers, the group names the stack: 'encoder.self_attn.q_proj' and 'decoder.self_attn.q_proj'. A UNet has a grid for
 * each of its blocks: 'unet.down_blocks.1.attentions.0.transformer_blocks.2.attn1.to_q' is layer 2 of group
 * 'attn1.to_q' in block 'unet.down_blocks.1.attentions.0'.
 */

import { eachInSteps, mapInSteps } from '../steps';
import type { Steps } from '../steps';

interface GridPlace {
  readonly layer: number | null;
  readonly group: string;
  readonly block?: string;
}

interface Split {
  readonly block: string | null;
  /** Segments before the first number; `rest` holds those after it. */
  readonly stem: readonly string[];
  readonly layer: number | null;
  readonly rest: readonly string[];
}

/** A block of a UNet as diffusers and CompVis name it, with the number of the part within it. */
const UNET_BLOCK =
  /^(?:[\w.]*?\.)?(?:(?:down|up|input|output)_blocks\.\d{1,3}(?:\.(?:[a-z]+\.)?\d{1,3})?|(?:mid_block|middle_block)(?:\.(?:[a-z]+\.)?\d{1,3})?)(?=\.)/;

/** Places in the order of `paths`. */
export function* placeModules(paths: readonly string[]): Steps<GridPlace[]> {
  const splits = yield* mapInSteps(paths, split);
  const stems = new Map<string, readonly string[]>();
  yield* eachInSteps(splits, ({ stem, layer, block }) => {
    if (layer !== null && block === null) stems.set(stem.join('.'), stem);
  });
  const labels = labelStems([...stems.values()]);
  yield;
  return yield* mapInSteps(splits, ({ stem, layer, rest, block }, i) => {
    if (block !== null) return { layer, group: rest.join('.'), block };
    return {
      layer,
      group: layer === null ? paths[i]! : [...(labels.get(stem.join('.')) ?? []), ...rest].join('.'),
    };
  });
}

function split(path: string): Split {
  const block = UNET_BLOCK.exec(path)?.[0] ?? null;
  const segments = path.slice(block === null ? 0 : block.length + 1).split('.');
  const at = segments.findIndex((segment) => /^\d{1,6}$/.test(segment));
  const layered = at >= 0 && at < segments.length - 1 && (block === null || segments[at - 1] === 'transformer_blocks');
  if (!layered) return { block, stem: [], layer: null, rest: segments };
  return { block, stem: segments.slice(0, at), layer: Number(segments[at]), rest: segments.slice(at + 1) };
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
