/** What each kind of statement binds. */

import type { SyntaxNode, SyntaxNodeRef } from '@lezer/common';
import type { Scopes } from './scopes';

/** Dots of a name, and parts of a tuple in a tuple: more is no program. */
const MAX_DEPTH = 20;

/** The children of a node, comments and what the parser could not place left out. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'Comment' && !child.type.isError) children.push(child);
  }
  return children;
}

/** Assignments, loops, `with`, `except`, `del`, `global`, patterns, `:=`; any other node binds nothing. */
export function bindStatement(scopes: Scopes, ref: SyntaxNodeRef): void {
  switch (ref.name) {
    case 'AssignStatement':
      bindAssignment(scopes, ref.node);
      return;
    case 'UpdateStatement':
    case 'DeleteStatement':
      for (const child of childrenOf(ref.node)) {
        if (child.name === 'UpdateOp') break;
        bindTarget(scopes, child);
        // `+=` adds to a list in its place, whatever other names it has.
        if (ref.name === 'UpdateStatement' && child.name === 'VariableName') scopes.noteMutation(child);
      }
      return;
    case 'ForStatement':
      bindBetween(scopes, ref.node, 'for', 'in');
      return;
    case 'WithStatement':
    case 'TryStatement':
      bindAfterAs(scopes, ref.node);
      return;
    case 'NamedExpression': {
      const [name, , value] = childrenOf(ref.node);
      if (name?.name === 'VariableName') scopes.bind(name, 'value', { value: value ?? null, from: ref.to });
      return;
    }
    case 'CapturePattern':
    case 'AsPattern':
    case 'StarPattern':
      for (const name of ref.node.getChildren('VariableName')) scopes.bind(name, 'other');
      return;
    case 'ScopeStatement': {
      const where = ref.node.getChild('global') ? 'global' : 'nonlocal';
      for (const name of ref.node.getChildren('VariableName')) scopes.declareElsewhere(scopes.textOf(name), where);
      return;
    }
  }
}

function bindAssignment(scopes: Scopes, node: SyntaxNode): void {
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
      bindTarget(scopes, targets[0], only, [], node.to);
    } else {
      targets.forEach((target, index) => {
        if (values.length > 1 && !plain(group, values)) bindTarget(scopes, target);
        else if (values.length === targets.length && values.length > 1) bindTarget(scopes, target, values[index], [], node.to);
        else bindTarget(scopes, target, plain(group, []) ? only : null, [index], node.to);
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
  scopes: Scopes,
  target: SyntaxNode,
  value: SyntaxNode | null = null,
  path: readonly number[] = [],
  from: number = target.to,
): void {
  switch (target.name) {
    case 'VariableName':
      scopes.bind(target, value ? 'value' : 'other', { value, path, from });
      return;
    case 'TupleExpression':
    case 'ArrayExpression':
    case 'ParenthesizedExpression': {
      if (path.length > MAX_DEPTH) return;
      const children = childrenOf(target).slice(1);
      const parts = children.filter(({ name }) => !'()[],*'.includes(name));
      const inner = target.name === 'ParenthesizedExpression' ? () => path : (index: number) => [...path, index];
      parts.forEach((part, index) => bindTarget(scopes, part, plain(children) ? value : null, inner(index), from));
      return;
    }
    case 'MemberExpression': {
      const object = target.firstChild;
      const attribute = target.getChild('PropertyName');
      if (!attribute) scopes.noteMutation(object);
      else if (object?.name === 'VariableName') scopes.noteChange(object, attribute);
    }
  }
}

/** `for <these> in`, of a statement or of each clause of a comprehension. */
function bindBetween(scopes: Scopes, node: SyntaxNode, start: string, end: string): void {
  let inside = false;
  for (const child of childrenOf(node)) {
    if (child.name === start) inside = true;
    else if (child.name === end) inside = false;
    else if (inside) bindTarget(scopes, child);
  }
}

export function bindComprehension(scopes: Scopes, node: SyntaxNode): void {
  bindBetween(scopes, node, 'for', 'in');
}

function bindAfterAs(scopes: Scopes, node: SyntaxNode): void {
  let after = false;
  for (const child of childrenOf(node)) {
    if (after) bindTarget(scopes, child);
    after = child.name === 'as';
  }
}

export function bindParameters(scopes: Scopes, node: SyntaxNode): void {
  let first = true;
  for (const child of childrenOf(node)) {
    // A default after '=' is a use, and the parameter before it has been bound.
    if (child.name === ',') first = true;
    else if (child.name === 'VariableName' && first) {
      scopes.bind(child, 'parameter');
      first = false;
    } else if (child.name === 'AssignOp') first = false;
  }
}

/** `import a.b as c, d`, `from .a import b as c, d`, `from a import *` (which binds nothing that can be told). */
export function bindImport(scopes: Scopes, node: SyntaxNode): void {
  const children = childrenOf(node);
  const fromModule = children[0]?.name === 'from';
  const start = children.findIndex(({ name }) => name === 'import');
  const source = fromModule ? children.slice(1, start).map((child) => scopes.textOf(child)).join('') : '';
  let dotted: SyntaxNode[] = [];
  let alias: SyntaxNode | null = null;
  const finish = (): void => {
    const name = alias ?? dotted[0];
    const path = dotted.map((part) => scopes.textOf(part)).join('.');
    const first = dotted[0] ? scopes.textOf(dotted[0]) : '';
    const imported = fromModule ? `${source}.${path}` : alias ? path : first;
    if (name) scopes.bind(name, 'import', { imported });
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
