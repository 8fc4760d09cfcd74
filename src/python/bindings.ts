/** What each kind of statement binds. */

import type { SyntaxNode, SyntaxNodeRef } from '@lezer/common';

/** Depth of dotted names and of nested tuples: no real program goes deeper. */
const MAX_DEPTH = 20;

/** How a name gets its value; a message names the kind if the value cannot be read. */
export type BindingKind = 'value' | 'import' | 'parameter' | 'definition' | 'other';

/** Facts about a bound value besides its name. */
export interface BoundValue {
  /** The assigned expression; `null` if the statement assigns no expression. */
  readonly value: SyntaxNode | null;
  /** Indices into the value if the assignment unpacks it: `a, b = 1, 2`. */
  readonly path: readonly number[];
  /** The dotted name that an import binds. */
  readonly imported: string;
  /** Position from which the binding holds. */
  readonly from: number;
}

/** Receives what the statements bind and change. */
export interface Binder {
  textOf(node: { readonly from: number; readonly to: number }): string;
  bind(name: SyntaxNode, kind: BindingKind, more?: Partial<BoundValue>): void;
  bindName(name: string, from: number, kind: BindingKind, more?: Partial<BoundValue>): void;
  declareElsewhere(name: string, where: 'global' | 'nonlocal'): void;
  noteChange(object: SyntaxNode, attribute: SyntaxNode): void;
  noteMutation(changed: SyntaxNode | null): void;
}

/** The children of a node, without comments and without text that the parser could not place. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'Comment' && !child.type.isError) children.push(child);
  }
  return children;
}

/** Handles assignments, loops, `with`, `except`, `del`, `global`, patterns and `:=`; other nodes bind nothing. */
export function bindStatement(binder: Binder, ref: SyntaxNodeRef): void {
  switch (ref.name) {
    case 'AssignStatement':
      bindAssignment(binder, ref.node);
      return;
    case 'UpdateStatement':
    case 'DeleteStatement':
      for (const child of childrenOf(ref.node)) {
        if (child.name === 'UpdateOp') break;
        bindTarget(binder, child);
        // `+=` extends a list in place, which its other names see too.
        if (ref.name === 'UpdateStatement' && child.name === 'VariableName') binder.noteMutation(child);
      }
      return;
    case 'ForStatement':
      bindBetween(binder, ref.node, 'for', 'in');
      return;
    case 'WithStatement':
    case 'TryStatement':
      bindAfterAs(binder, ref.node);
      return;
    case 'NamedExpression': {
      const [name, , value] = childrenOf(ref.node);
      if (name?.name === 'VariableName') binder.bind(name, 'value', { value: value ?? null, from: ref.to });
      return;
    }
    case 'CapturePattern':
    case 'AsPattern':
    case 'StarPattern':
      for (const name of ref.node.getChildren('VariableName')) binder.bind(name, 'other');
      return;
    case 'ScopeStatement': {
      const where = ref.node.getChild('global') ? 'global' : 'nonlocal';
      for (const name of ref.node.getChildren('VariableName')) binder.declareElsewhere(binder.textOf(name), where);
      return;
    }
  }
}

function bindAssignment(binder: Binder, node: SyntaxNode): void {
  const groups: SyntaxNode[][] = [[]];
  for (const child of childrenOf(node)) {
    if (child.name === 'AssignOp') groups.push([]);
    else if (child.name !== 'TypeDef') groups.at(-1)?.push(child);
  }
  // An annotation without a value binds nothing.
  if (groups.length < 2) return;
  const values = (groups.pop() ?? []).filter((child) => child.name !== ',');
  const only = values.length === 1 ? (values[0] ?? null) : null;
  for (const group of groups) {
    const targets = group.filter((child) => child.name !== ',');
    if (targets.length === 1 && group.length === 1 && targets[0]) {
      // `x = 1, 2` is a tuple that has no node of its own; it is not read.
      bindTarget(binder, targets[0], only, [], node.to);
    } else {
      targets.forEach((target, index) => {
        if (values.length > 1 && !plain(group, values)) bindTarget(binder, target);
        else if (values.length === targets.length && values.length > 1)
          bindTarget(binder, target, values[index], [], node.to);
        else bindTarget(binder, target, plain(group, []) ? only : null, [index], node.to);
      });
    }
  }
}

/** True if no star gathers or spreads items. */
function plain(...groups: readonly (readonly SyntaxNode[])[]): boolean {
  return groups.every((group) => group.every((node) => node.name !== '*'));
}

/** Binds a name, or each part of a tuple or list. An attribute or item of a name counts as a change. */
function bindTarget(
  binder: Binder,
  target: SyntaxNode,
  value: SyntaxNode | null = null,
  path: readonly number[] = [],
  from: number = target.to,
  depth = 0,
): void {
  switch (target.name) {
    case 'VariableName':
      binder.bind(target, value ? 'value' : 'other', { value, path, from });
      return;
    case 'TupleExpression':
    case 'ArrayExpression':
    case 'ParenthesizedExpression': {
      if (depth > MAX_DEPTH) return;
      const children = childrenOf(target).slice(1);
      const parts = children.filter(({ name }) => !'()[],*'.includes(name));
      const inner = target.name === 'ParenthesizedExpression' ? () => path : (index: number) => [...path, index];
      parts.forEach((part, index) =>
        bindTarget(binder, part, plain(children) ? value : null, inner(index), from, depth + 1),
      );
      return;
    }
    case 'MemberExpression': {
      const object = target.firstChild;
      const attribute = target.getChild('PropertyName');
      if (!attribute) binder.noteMutation(object);
      else if (object?.name === 'VariableName') binder.noteChange(object, attribute);
    }
  }
}

/** `for <targets> in` of a statement or of a clause of a comprehension. */
function bindBetween(binder: Binder, node: SyntaxNode, start: string, end: string): void {
  let inside = false;
  for (const child of childrenOf(node)) {
    if (child.name === start) inside = true;
    else if (child.name === end) inside = false;
    else if (inside) bindTarget(binder, child);
  }
}

export function bindComprehension(binder: Binder, node: SyntaxNode): void {
  bindBetween(binder, node, 'for', 'in');
}

function bindAfterAs(binder: Binder, node: SyntaxNode): void {
  let after = false;
  for (const child of childrenOf(node)) {
    if (after) bindTarget(binder, child);
    after = child.name === 'as';
  }
}

export function bindParameters(binder: Binder, node: SyntaxNode): void {
  let first = true;
  for (const child of childrenOf(node)) {
    // The default after '=' is a use; the parameter before it is bound already.
    if (child.name === ',') first = true;
    else if (child.name === 'VariableName' && first) {
      binder.bind(child, 'parameter');
      first = false;
    } else if (child.name === 'AssignOp') first = false;
  }
}

/** Handles `import a.b as c, d` and `from .a import b as c, d`. `from a import *` binds no name that the text shows. */
export function bindImport(binder: Binder, node: SyntaxNode): void {
  const children = childrenOf(node);
  const fromModule = children[0]?.name === 'from';
  const start = children.findIndex(({ name }) => name === 'import');
  const source = fromModule
    ? children
        .slice(1, start)
        .map((child) => binder.textOf(child))
        .join('')
    : '';
  let dotted: SyntaxNode[] = [];
  let alias: SyntaxNode | null = null;
  const finish = (): void => {
    const name = alias ?? dotted[0];
    const path = dotted.map((part) => binder.textOf(part)).join('.');
    const first = dotted[0] ? binder.textOf(dotted[0]) : '';
    const imported = fromModule ? `${source}.${path}` : alias ? path : first;
    if (name) binder.bind(name, 'import', { imported });
    dotted = [];
    alias = null;
  };
  let afterAs = false;
  for (const child of children.slice(start + 1)) {
    if (child.name === ',') finish();
    else if (child.name === 'as') afterAs = true;
    else if (child.name === 'VariableName') {
      if (afterAs) alias = child;
      else dotted.push(child);
      afterAs = false;
    }
  }
  finish();
}
