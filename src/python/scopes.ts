/**
 * Which names a program binds, where, and to what: one walk over its tree. Python's rules: a name belongs to the
 * innermost function (or to the module) that binds it anywhere; class bodies are seen only from themselves.
 */

import type { SyntaxNode, SyntaxNodeRef, Tree } from '@lezer/common';
import { bindComprehension, bindImport, bindParameters, bindStatement } from './bindings';
import type { Program } from './program';

/** How a name came to its value, for people where it is none that can be read. */
export type BindingKind = 'value' | 'import' | 'parameter' | 'definition' | 'other';

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** What is assigned: an expression; null for what is none. */
  readonly value: SyntaxNode | null;
  /** Which item of the value, where it is taken apart: `a, b = 1, 2`. */
  readonly path: readonly number[];
  /** Of an import: the dotted name of what it stands for. */
  readonly imported: string;
  /** From where on it holds. */
  readonly from: number;
  /** The block it is in: it holds for certain only inside. */
  readonly block: Block;
}

export interface Block {
  readonly from: number;
  readonly to: number;
}

export class Scope {
  readonly bindings = new Map<string, Binding[]>();
  /** Names that belong to the module, or to the function around. */
  readonly elsewhere = new Map<string, 'global' | 'nonlocal'>();

  constructor(
    readonly kind: 'module' | 'function' | 'class',
    readonly parent: Scope | null,
    readonly from: number,
    readonly to: number,
  ) {}
}

/** `config.r = 16`: the left side, and where it stands. */
export interface AttributeChange {
  readonly object: string;
  readonly attribute: string;
  readonly from: number;
  readonly to: number;
  readonly scope: Scope;
}

const COMPREHENSIONS = new Set([
  'ComprehensionExpression',
  'ArrayComprehensionExpression',
  'DictionaryComprehensionExpression',
  'SetComprehensionExpression',
]);

const SCOPED = new Set([...COMPREHENSIONS, 'FunctionDefinition', 'ClassDefinition', 'LambdaExpression', 'ArgList']);

/** Methods that change the list, set or dictionary they are called on. */
const MUTATORS = new Set(
  'append extend insert remove pop clear sort reverse update add discard setdefault popitem'.split(' '),
);

/** Calls, and assignments to attributes, looked at in one program: far above what a person reads. */
const MAX_CALLS = 20_000;
const MAX_CHANGES = 2000;
/** Assignments to one name: with that many there is no telling which one holds. */
export const MAX_BINDINGS = 500;

export class Scopes {
  readonly module: Scope;
  /** Every call, in the program's order, with the scope it is in. */
  readonly calls: { readonly node: SyntaxNode; readonly scope: Scope }[] = [];
  readonly changes: AttributeChange[] = [];
  /** Names of lists, sets and dictionaries that are changed in place somewhere. */
  readonly mutated = new Set<string>();

  private scope: Scope;
  private readonly opened: Scope[] = [];
  private readonly blocks: Block[];
  private readonly text: string;

  constructor({ text, tree }: Program) {
    this.text = text;
    this.module = new Scope('module', null, 0, text.length);
    this.scope = this.module;
    this.blocks = [{ from: 0, to: text.length }];
    this.walk(tree);
  }

  textOf(node: { readonly from: number; readonly to: number }): string {
    return this.text.slice(node.from, node.to);
  }

  bind(name: SyntaxNode, kind: BindingKind, more: Partial<Binding> = {}): void {
    this.bindName(this.textOf(name), name.to, kind, more);
  }

  bindName(name: string, from: number, kind: BindingKind, more: Partial<Binding> = {}): void {
    const block = this.blocks.at(-1) ?? { from: 0, to: this.text.length };
    const binding: Binding = { name, kind, value: null, path: [], imported: '', from, block, ...more };
    const { bindings } = this.scope;
    const known = bindings.get(name);
    if (!known) bindings.set(name, [binding]);
    else if (known.length < MAX_BINDINGS) known.push(binding);
  }

  declareElsewhere(name: string, where: 'global' | 'nonlocal'): void {
    this.scope.elsewhere.set(name, where);
  }

  noteChange(object: SyntaxNode, attribute: SyntaxNode): void {
    if (this.changes.length >= MAX_CHANGES) return;
    const names = { object: this.textOf(object), attribute: this.textOf(attribute) };
    this.changes.push({ ...names, from: object.from, to: attribute.to, scope: this.scope });
  }

  private walk(tree: Tree): void {
    const enter = (ref: SyntaxNodeRef): void => this.enter(ref);
    const leave = (ref: SyntaxNodeRef): void => this.leave(ref);
    tree.iterate({ enter, leave });
    this.resolveElsewhere();
  }

  private enter(ref: SyntaxNodeRef): void {
    switch (ref.name) {
      case 'Body':
        this.blocks.push({ from: ref.from, to: ref.to });
        return;
      case 'FunctionDefinition':
      case 'ClassDefinition': {
        const name = ref.node.getChild('VariableName');
        if (name) this.bind(name, 'definition');
        this.push(ref, ref.name === 'ClassDefinition' ? 'class' : 'function');
        return;
      }
      case 'LambdaExpression':
        this.push(ref, 'function');
        return;
      case 'ParamList':
        bindParameters(this, ref.node);
        return;
      case 'ImportStatement':
        bindImport(this, ref.node);
        return;
      case 'CallExpression':
        this.noteCall(ref.node);
        return;
      case 'ArgList':
        if (!ref.node.getChild('for')) return;
        this.push(ref, 'function');
        bindComprehension(this, ref.node);
        return;
      default:
        if (COMPREHENSIONS.has(ref.name)) {
          this.push(ref, 'function');
          bindComprehension(this, ref.node);
        } else bindStatement(this, ref);
    }
  }

  private leave(ref: SyntaxNodeRef): void {
    if (ref.name === 'Body') this.blocks.pop();
    // Only what opened a scope has its very stretch.
    if (this.scope.parent && SCOPED.has(ref.name) && ref.from === this.scope.from && ref.to === this.scope.to)
      this.scope = this.scope.parent;
  }

  private push({ from, to }: SyntaxNodeRef, kind: 'function' | 'class'): void {
    this.scope = new Scope(kind, this.scope, from, to);
    this.opened.push(this.scope);
  }

  private noteCall(node: SyntaxNode): void {
    if (this.calls.length < MAX_CALLS) this.calls.push({ node, scope: this.scope });
    const callee = node.firstChild;
    if (callee?.name !== 'MemberExpression') return;
    const object = callee.firstChild;
    const method = callee.getChild('PropertyName');
    if (object?.name === 'VariableName' && method && MUTATORS.has(this.textOf(method)))
      this.mutated.add(this.textOf(object));
  }

  /** What a scope binds in another's stead goes to its owner, inner scopes first. */
  private resolveElsewhere(): void {
    for (const scope of this.opened.reverse()) {
      for (const [name, where] of scope.elsewhere) {
        const own = scope.bindings.get(name);
        const owner = where === 'global' ? this.module : scope.parent;
        if (!own || !owner) continue;
        owner.bindings.set(name, [...(owner.bindings.get(name) ?? []), ...own]);
        scope.bindings.delete(name);
      }
    }
  }
}
