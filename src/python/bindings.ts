/** What each kind of statement binds. */

import type { SyntaxNode, SyntaxNodeRef } from '@lezer/common';

/** Dots of a name, and parts of a tuple in a tuple: more is no program. */
const MAX_DEPTH = 20;

/** How a name came to its value, for people where it is none that can be read. */
export type BindingKind = 'value' | 'import' | 'parameter' | 'definition' | 'other';

/** What is known of a bound value beyond its name. */
export interface BoundValue {
  /** What is assigned: an expression; null for what is none. */
  readonly value: SyntaxNode | null;
  /** Which item of the value, where it is taken apart: `a, b = 1, 2`. */
  readonly path: readonly number[];
  /** Of an import: the dotted name of what it stands for. */
  readonly imported: string;
  /** From where on it holds. */
  readonly from: number;
}

/** Whoever is told what a statement binds and changes. */
export interface Binder {
  textOf(node: { readonly from: number; readonly to: number }): string;
  bind(name: SyntaxNode, kind: BindingKind, more?: Partial<BoundValue>): void;
  bindName(name: string, from: number, kind: BindingKind, more?: Partial<BoundValue>): void;
  declareElsewhere(name: string, where: 'global' | 'nonlocal'): void;
  noteChange(object: SyntaxNode, attribute: SyntaxNode): void;
  noteMutation(changed: SyntaxNode | null): void;
}

/** The children of a node, comments and what the parser could not place left out. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'Comment' && !child.type.isError) children.push(child);
  }
  return children;
}

/** Assignments, loops, `with`, `except`, `del`, `global`, patterns, `:=`; any other node binds nothing. */
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
        // `+=` adds to a list in its place, whatever other names it has.
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
  // A name with a type and no value binds nothing.
  if (groups.length < 2) return;
  const values = (groups.pop() ?? []).filter((child) => child.name !== ',');
  const only = values.length === 1 ? (values[0] ?? null) : null;
  for (const group of groups) {
    const targets = group.filter((child) => child.name !== ',');
    if (targets.length === 1 && group.length === 1 && targets[0]) {
      // `x = 1, 2` is a tuple without a node of its own: not read.
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

/** Nothing is gathered or spread by a star. */
function plain(...groups: readonly (readonly SyntaxNode[])[]): boolean {
  return groups.every((group) => group.every((node) => node.name !== '*'));
}

/** A name is bound; the parts of a tuple or list are each; an attribute or item of a name is noted as a change. */
function bindTarget(
  binder: Binder,
  target: SyntaxNode,
  value: SyntaxNode | null = null,
  path: readonly number[] = [],
  from: number = target.to,
): void {
  switch (target.name) {
    case 'VariableName':
      binder.bind(target, value ? 'value' : 'other', { value, path, from });
      return;
    case 'TupleExpression':
    case 'ArrayExpression':
    case 'ParenthesizedExpression': {
      if (path.length > MAX_DEPTH) return;
      const children = childrenOf(target).slice(1);
      const parts = children.filter(({ name }) => !'()[],*'.includes(name));
      const inner = target.name === 'ParenthesizedExpression' ? () => path : (index: number) => [...path, index];
      parts.forEach((part, index) => bindTarget(binder, part, plain(children) ? value : null, inner(index), from));
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

/** `for <these> in`, of a statement or of each clause of a comprehension. */
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
    // A default after '=' is a use, and the parameter before it has been bound.
    if (child.name === ',') first = true;
    else if (child.name === 'VariableName' && first) {
      binder.bind(child, 'parameter');
      first = false;
    } else if (child.name === 'AssignOp') first = false;
  }
}

/** `import a.b as c, d`, `from .a import b as c, d`, `from a import *` (which binds nothing that can be told). */
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
