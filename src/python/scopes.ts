/**
 * The names that a program binds, with scopes and values, from one walk over its tree. Python's rules: a name belongs
 * to the innermost function (or the module) that binds it anywhere; only a class body itself sees its names.
 */

import type { SyntaxNode, SyntaxNodeRef, Tree } from '@lezer/common';
import { argumentsOf } from './arguments';
import type { Binder, BindingKind, BoundValue } from './bindings';
import { bindComprehension, bindImport, bindParameters, bindStatement } from './bindings';
import type { Program } from './program';
import { stringValue } from './stringLiteral';

export interface Binding extends BoundValue {
  readonly name: string;
  readonly kind: BindingKind;
  /** The scope of the body if a class is bound; else `null`. */
  readonly body: Scope | null;
  /** The block around the binding, inside which it is certain to hold. */
  readonly block: Block;
}

export interface Block {
  readonly from: number;
  readonly to: number;
}

export class Scope {
  readonly bindings = new Map<string, Binding[]>();
  /** Names that belong to the module or to an enclosing function. */
  readonly elsewhere = new Map<string, 'global' | 'nonlocal'>();

  constructor(
    readonly kind: 'module' | 'function' | 'class',
    readonly parent: Scope | null,
    readonly from: number,
    readonly to: number,
  ) {}
}

/** A change such as `config.r = 16` or `config.target_modules.append('v')`, with its position. */
export interface AttributeChange {
  readonly object: string;
  /** '*' if it may be any attribute: `setattr(config, name, value)`. */
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

/** Calls and assignments to attributes read in one program: far more than a person writes. */
const MAX_CALLS = 20_000;
const MAX_CHANGES = 2000;
/** Assignments to one name: with more, none can be singled out. */
export const MAX_BINDINGS = 500;

export class Scopes implements Binder {
  readonly module: Scope;
  /** Every call with its scope, in the order of the program. */
  readonly calls: { readonly node: SyntaxNode; readonly scope: Scope }[] = [];
  readonly changes: AttributeChange[] = [];
  /** Names of lists, sets and dictionaries that the program changes in place. */
  readonly mutated = new Set<string>();
  /** Other names for the same value: `b = a` gives 'b' for 'a'. */
  readonly aliases = new Map<string, Set<string>>();

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
    const binding: Binding = { name, kind, value: null, path: [], imported: '', body: null, from, block, ...more };
    const { bindings } = this.scope;
    if (binding.value?.name === 'VariableName') {
      const aliased = this.textOf(binding.value);
      this.aliases.set(aliased, (this.aliases.get(aliased) ?? new Set()).add(name));
    }
    const known = bindings.get(name);
    if (!known) bindings.set(name, [binding]);
    else if (known.length < MAX_BINDINGS) known.push(binding);
  }

  declareElsewhere(name: string, where: 'global' | 'nonlocal'): void {
    this.scope.elsewhere.set(name, where);
  }

  noteChange(object: SyntaxNode, attribute: SyntaxNode, name = this.textOf(attribute)): void {
    if (this.changes.length >= MAX_CHANGES) return;
    this.changes.push({
      object: this.textOf(object),
      attribute: name,
      from: object.from,
      to: attribute.to,
      scope: this.scope,
    });
  }

  /** Records a change in place of a list, set or dictionary, which has a name or is an attribute. */
  noteMutation(changed: SyntaxNode | null): void {
    if (changed?.name === 'VariableName') this.mutated.add(this.textOf(changed));
    if (changed?.name !== 'MemberExpression') return;
    const object = changed.firstChild;
    const attribute = changed.getChild('PropertyName');
    if (object?.name === 'VariableName' && attribute) this.noteChange(object, attribute);
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
        const isClass = ref.name === 'ClassDefinition';
        const scope = new Scope(isClass ? 'class' : 'function', this.scope, ref.from, ref.to);
        if (name) this.bind(name, 'definition', { body: isClass && isPlainClass(ref.node, this) ? scope : null });
        this.enterScope(scope);
        return;
      }
      case 'LambdaExpression':
        this.push(ref);
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
        this.push(ref);
        bindComprehension(this, ref.node);
        return;
      default:
        if (COMPREHENSIONS.has(ref.name)) {
          this.push(ref);
          bindComprehension(this, ref.node);
        } else bindStatement(this, ref);
    }
  }

  private leave(ref: SyntaxNodeRef): void {
    if (ref.name === 'Body') this.blocks.pop();
    // Only the node that opened a scope has the scope's exact range.
    if (this.scope.parent && SCOPED.has(ref.name) && ref.from === this.scope.from && ref.to === this.scope.to)
      this.scope = this.scope.parent;
  }

  private push({ from, to }: SyntaxNodeRef): void {
    this.enterScope(new Scope('function', this.scope, from, to));
  }

  private enterScope(scope: Scope): void {
    this.scope = scope;
    this.opened.push(scope);
  }

  private noteCall(node: SyntaxNode): void {
    if (this.calls.length < MAX_CALLS) this.calls.push({ node, scope: this.scope });
    const callee = node.firstChild;
    if (callee?.name === 'VariableName' && this.textOf(callee) === 'setattr') this.noteSetattr(node);
    const method = callee?.name === 'MemberExpression' ? callee.getChild('PropertyName') : null;
    if (callee && method && MUTATORS.has(this.textOf(method))) this.noteMutation(callee.firstChild);
  }

  private noteSetattr(node: SyntaxNode): void {
    const [object, attribute] = argumentsOf(node, this).map(({ value }) => value);
    if (object?.name !== 'VariableName' || !attribute) return;
    this.noteChange(object, attribute, (attribute.name === 'String' && stringValue(this.textOf(attribute))) || '*');
  }

  /** Moves bindings of `global` and `nonlocal` names to the owning scope, inner scopes first. */
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

/**
 * True for a class whose attributes its body decides: it has no base class (members of an Enum are not numbers) and no
 * decorator but `dataclass`.
 */
function isPlainClass(node: SyntaxNode, texts: { textOf(node: SyntaxNode): string }): boolean {
  const bases = node.getChild('ArgList');
  const decorators = node.parent?.name === 'DecoratedStatement' ? node.parent.getChildren('Decorator') : [];
  return (
    (!bases || /^\(\s*(object\s*)?\)$/.test(texts.textOf(bases))) &&
    decorators.every((decorator) => /^@\s*(dataclasses\.)?dataclass\b/.test(texts.textOf(decorator)))
  );
}
