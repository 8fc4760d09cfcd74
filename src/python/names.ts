/** What a name stands for at a position of a program: a constant, a class of PEFT, the assignment that reaches it. */

import type { SyntaxNode } from '@lezer/common';
import type { Binding, Scope, Scopes } from './scopes';
import { MAX_BINDINGS } from './scopes';
import type { Unknown } from './values';
import { NOT_LITERAL, unknown } from './values';

/** Length of chains of aliases and of dotted names. */
const MAX_DEPTH = 20;

/** An expression with its scope, and the part of its value that is meant. */
export interface Definition {
  readonly value: SyntaxNode;
  readonly path: readonly number[];
  readonly scope: Scope;
}

interface Owned {
  readonly scope: Scope;
  readonly bindings: readonly Binding[];
}

export class Names {
  constructor(private readonly scopes: Scopes) {}

  textOf(node: { readonly from: number; readonly to: number }): string {
    return this.scopes.textOf(node);
  }

  /** True if the program changes the list, set or dictionary in place, under this name or another. */
  isMutated(name: string): boolean {
    const names = new Set([name]);
    for (const each of names) {
      if (this.scopes.mutated.has(each)) return true;
      for (const alias of this.scopes.aliases.get(each) ?? []) names.add(alias);
    }
    return false;
  }

  /** `Settings.rank`, if the class body assigns it exactly once and nothing sets it again. */
  classConstant(name: string, attribute: string, scope: Scope): Definition | Unknown {
    const [binding, second] = this.owner(name, scope)?.bindings ?? [];
    const body = second ? null : (binding?.body ?? null);
    const [assigned, again] = body?.bindings.get(attribute) ?? [];
    if (!body || assigned?.kind !== 'value' || !assigned.value) return NOT_LITERAL;
    const changed = this.scopes.changes.find(
      (change) => change.object === name && ['*', attribute].includes(change.attribute),
    );
    if (again || changed) return unknown('assigned more than once');
    return { value: assigned.value, path: assigned.path, scope: body };
  }

  /** The scope that binds the name, as Python resolves it from `scope`. */
  private owner(name: string, scope: Scope): Owned | null {
    for (let each: Scope | null = scope; each; each = each.parent) {
      const bindings = each.kind === 'class' && each !== scope ? undefined : each.bindings.get(name);
      if (bindings) return { scope: each, bindings };
      if (each.elsewhere.get(name) === 'global') return this.ownerInModule(name);
    }
    return null;
  }

  private ownerInModule(name: string): Owned | null {
    const bindings = this.scopes.module.bindings.get(name);
    return bindings ? { scope: this.scopes.module, bindings } : null;
  }

  /** The last part of a name, an attribute or the callee of a call, as written; '' for other nodes. */
  lastName(node: SyntaxNode | null): string {
    const name = node?.name === 'MemberExpression' ? node.getChild('PropertyName') : node;
    return name?.name === 'VariableName' || name?.name === 'PropertyName' ? this.textOf(name) : '';
  }

  /** The value of a name that the program assigns exactly once, before the use. */
  constant(name: string, scope: Scope, use: number): Definition | Unknown {
    const owned = this.owner(name, scope);
    const [binding, second] = owned?.bindings ?? [];
    if (!owned || !binding) return NOT_LITERAL;
    if (second) return unknown('assigned more than once');
    if (binding.kind === 'parameter') return unknown('a parameter');
    if (binding.kind !== 'value' || !binding.value) return NOT_LITERAL;
    if (owned.scope === scope && binding.from > use) return unknown('assigned only later');
    return { value: binding.value, path: binding.path, scope: owned.scope };
  }

  /**
   * The assignment that gives a name its value at `use`: the last one before it, if it is certain to have run. Loop
   * bodies count as run once. `null` if no assignment or several are possible.
   */
  reaching(name: string, scope: Scope, use: number): (Definition & { readonly from: number }) | null {
    const owned = this.owner(name, scope);
    if (!owned || owned.bindings.length >= MAX_BINDINGS) return null;
    const local = owned.scope === scope;
    const before = owned.bindings.filter(({ from }) => !local || from <= use);
    const binding = before.at(-1);
    if (!binding?.value || (!local && before.length > 1)) return null;
    const sure = before.length === 1 || (binding.block.from <= use && use <= binding.block.to);
    return sure ? { value: binding.value, path: binding.path, scope: owned.scope, from: binding.from } : null;
  }

  /**
   * The full dotted name that a name or attribute stands for, with '?' before a name that the program does not bind.
   */
  dotted(node: SyntaxNode, scope: Scope, depth = 0): string | null {
    if (depth > MAX_DEPTH) return null;
    if (node.name === 'MemberExpression') {
      const property = node.getChild('PropertyName');
      const object = property && node.firstChild && this.dotted(node.firstChild, scope, depth + 1);
      return object && property ? `${object}.${this.textOf(property)}` : null;
    }
    if (node.name !== 'VariableName') return null;
    const name = this.textOf(node);
    const owned = this.owner(name, scope);
    if (!owned) return `?${name}`;
    // A program that works around a missing package binds the package's names a second time.
    const imports = owned.bindings.filter(({ kind }) => kind === 'import');
    const imported = imports.find((binding) => binding.imported.split('.').includes('peft')) ?? imports[0];
    if (imported) return imported.imported;
    const [binding, second] = owned.bindings;
    if (second || binding?.kind !== 'value' || !binding.value || binding.path.length > 0) return null;
    return this.dotted(binding.value, owned.scope, depth + 1);
  }

  /**
   * The last part of a dotted name that belongs to PEFT: a name from a module named peft, or one that the text does not
   * bind (an import of everything, another cell). `null` if the name belongs to something else.
   */
  peftName(path: string): string | null {
    const segments = path.replace(/^\?/, '').split('.');
    const name = segments.pop() ?? '';
    return segments.includes('peft') || (segments.length === 0 && path.startsWith('?')) ? name : null;
  }
}
