/** Tensors as a tree by the dotted parts of their names. Only open groups have rows. */

import type { TensorInfo } from '../../../src/protocol/source';
import { compareNames } from '../../../src/text/nameOrder';

export interface TensorGroup {
  /** Path of the group: its ancestors' names and its own, joined with dots. Unique. */
  readonly path: string;
  /** The group's own part of the name. A chain of groups with no other contents has all their parts. */
  readonly label: string;
  /** Depth in the tree, 0 at the top. */
  readonly depth: number;
  readonly tensors: number;
  readonly bytes: number;
  readonly damaged: boolean;
}

export type TreeRow =
  | { readonly kind: 'group'; readonly group: TensorGroup; readonly open: boolean }
  | { readonly kind: 'tensor'; readonly tensor: TensorInfo; readonly label: string; readonly depth: number };

interface Node {
  readonly groups: Map<string, Node>;
  readonly leaves: { readonly label: string; readonly tensor: TensorInfo }[];
  tensors: number;
  bytes: number;
  damaged: boolean;
}

/** Deeper parts of a name stay together, because a name from a stranger may consist of dots. */
const MAX_DEPTH = 24;

function emptyNode(): Node {
  return { groups: new Map(), leaves: [], tensors: 0, bytes: 0, damaged: false };
}

export class TensorTree {
  private readonly root = emptyNode();

  constructor(tensors: readonly TensorInfo[]) {
    for (const tensor of tensors) this.add(tensor);
  }

  /** The visible rows, with numbers in names in numeric order. `isOpen` is called with the path of each group. */
  rows(isOpen: (path: string) => boolean): TreeRow[] {
    const rows: TreeRow[] = [];
    this.walk(this.root, '', 0, isOpen, rows);
    return rows;
  }

  /** Paths of the groups that hold a tensor, outermost first. */
  groupsOf(name: string): string[] {
    const parts = partsOf(name);
    const paths: string[] = [];
    let node = this.root;
    for (let i = 0; i < parts.length - 1; i++) {
      const next = node.groups.get(parts[i]!);
      if (!next) return paths;
      node = next;
      if (!isLink(node) && node.tensors > 1) paths.push(parts.slice(0, i + 1).join('.'));
    }
    return paths;
  }

  private add(tensor: TensorInfo): void {
    const parts = partsOf(tensor.name);
    const trail = [this.root];
    for (const part of parts.slice(0, -1)) {
      const node = trail.at(-1)!;
      let next = node.groups.get(part);
      if (!next) node.groups.set(part, (next = emptyNode()));
      trail.push(next);
    }
    trail.at(-1)!.leaves.push({ label: parts.at(-1)!, tensor });
    for (const node of trail) {
      node.tensors++;
      node.bytes += tensor.bytes;
      node.damaged ||= !tensor.readable;
    }
  }

  private walk(node: Node, prefix: string, depth: number, isOpen: (path: string) => boolean, rows: TreeRow[]): void {
    const groups = [...node.groups].sort(([a], [b]) => compareNames(a, b));
    for (const [part, child] of groups) {
      let label = part;
      let inner = child;
      while (isLink(inner)) {
        const [nextPart, next] = inner.groups.entries().next().value!;
        label += `.${nextPart}`;
        inner = next;
      }
      const path = prefix + label;
      // A group of one tensor is shown as that tensor.
      const only = inner.tensors === 1 ? inner.leaves[0] : undefined;
      if (only) {
        rows.push({ kind: 'tensor', tensor: only.tensor, label: `${label}.${only.label}`, depth });
        continue;
      }
      const { tensors, bytes, damaged } = inner;
      const open = isOpen(path);
      rows.push({ kind: 'group', group: { path, label, depth, tensors, bytes, damaged }, open });
      if (open) this.walk(inner, `${path}.`, depth + 1, isOpen, rows);
    }
    const leaves = [...node.leaves].sort((a, b) => compareNames(a.label, b.label));
    for (const { label, tensor } of leaves) rows.push({ kind: 'tensor', tensor, label, depth });
  }
}

/** A group whose only child is a group shares a row with it. */
function isLink(node: Node): boolean {
  return node.groups.size === 1 && node.leaves.length === 0;
}

function partsOf(name: string): string[] {
  const parts = name.split('.');
  return parts.length <= MAX_DEPTH ? parts : [...parts.slice(0, MAX_DEPTH - 1), parts.slice(MAX_DEPTH - 1).join('.')];
}
