/** Checks that a tree of Lezer can be walked: that it is not damaged, and not too deep. */

import { Tree, TreeBuffer } from '@lezer/common';

/** Programs nest some dozens of nodes. Finding a child takes time in proportion to the depth. */
const MAX_DEPTH = 1000;

/**
 * False if the tree is too deep, or if walking over it would read nodes that do not exist. Lezer packs small nodes into
 * buffers, and writes a wrong one if it gives up thousands of nested expressions at once.
 */
export function isReadable(tree: Tree): boolean {
  const trees: (readonly [Tree, number])[] = [[tree, 1]];
  for (let next = trees.pop(); next; next = trees.pop()) {
    const [{ children }, depth] = next;
    if (depth > MAX_DEPTH) return false;
    for (const child of children) {
      if (child instanceof Tree) trees.push([child, depth + 1]);
      else if (child instanceof TreeBuffer && !isReadableBuffer(child, depth)) return false;
    }
  }
  return true;
}

/** A node takes four numbers: its type, its range, and the index after its descendants. */
function isReadableBuffer({ buffer, set, length }: TreeBuffer, depth: number): boolean {
  const ends: number[] = [];
  for (let i = 0; i < buffer.length; i += 4) {
    const [type = 0, from = 0, to = 0, end = 0] = buffer.subarray(i, i + 4);
    while (ends.length > 0 && ends[ends.length - 1]! <= i) ends.pop();
    const outerEnd = ends.at(-1) ?? buffer.length;
    const isNode = set.types[type] !== undefined && from <= to && to <= length && i < end && end <= outerEnd;
    if (!isNode || depth + ends.push(end) > MAX_DEPTH) return false;
  }
  return true;
}
