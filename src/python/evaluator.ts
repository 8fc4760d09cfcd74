/** Values of expressions without running the program: literals, arithmetic on them, and names that stand for them. */

import type { SyntaxNode } from '@lezer/common';
import { argumentsOf } from './arguments';
import { childrenOf } from './bindings';
import { enumMembers, nestedConfigFields } from '../peftConfig/configClasses';
import type { Definition, Names } from './names';
import { binary, numberValue, unary } from './numbers';
import type { Scope } from './scopes';
import { stringValue } from './stringLiteral';
import type { Unknown, Value } from './values';
import { dictOf, hashOf, NOT_LITERAL, setOf, TOO_LARGE, unknown } from './values';

/** Depth of nested expressions and of names that stand for names: real programs nest a handful. */
const MAX_DEPTH = 60;
/** Values visited in one program, so that lists of lists of names do not grow without end. */
const MAX_WORK = 200_000;
/** Numbers in one range: ranges in configs count layers. */
const MAX_RANGE = 10_000;
/** Characters of one string, and of the result when strings are joined. */
const MAX_TEXT = 1 << 16;

const NOT_WRITTEN = unknown('not written yet');

export class Evaluator {
  private work = 0;

  constructor(private readonly names: Names) {}

  evaluate(node: SyntaxNode | null, scope: Scope, depth = 0): Value | Unknown {
    if (!node) return NOT_WRITTEN;
    if (depth > MAX_DEPTH || ++this.work > MAX_WORK) return TOO_LARGE;
    // Lezer reads `5.` as an unfinished attribute of 5.
    if (node.name === 'Number' || (node.name === 'MemberExpression' && node.firstChild?.name === 'Number'))
      return numberValue(this.names.textOf(node)) ?? NOT_LITERAL;
    if (node.type.isError || node.getChild('⚠')) return NOT_WRITTEN;
    switch (node.name) {
      case 'String':
      case 'FormatString':
      case 'ContinuedString':
        return this.text(node, scope, depth);
      case 'Boolean':
        return { kind: 'bool', value: this.names.textOf(node) === 'True' };
      case 'None':
        return { kind: 'none' };
      case 'ParenthesizedExpression':
        return this.evaluate(childrenOf(node)[1] ?? null, scope, depth + 1);
      case 'NamedExpression':
        return this.evaluate(childrenOf(node)[2] ?? null, scope, depth + 1);
      case 'TupleExpression':
      case 'ArrayExpression':
      case 'SetExpression': {
        const items = this.items(node, scope, depth);
        if (!Array.isArray(items)) return items;
        if (node.name === 'SetExpression') return setOf(items);
        return { kind: node.name === 'TupleExpression' ? 'tuple' : 'list', items };
      }
      case 'DictionaryExpression':
        return this.dictionary(node, scope, depth);
      case 'UnaryExpression':
      case 'BinaryExpression':
        return this.operation(node, scope, depth);
      case 'MemberExpression':
        return node.getChild('[') ? this.item(node, scope, depth) : this.member(node, scope, depth);
      case 'CallExpression':
        return this.call(node, scope, depth);
      case 'VariableName':
        return this.name(node, scope, depth);
      default:
        return NOT_LITERAL;
    }
  }

  private text(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const pieces = node.name === 'ContinuedString' ? childrenOf(node) : [node];
    let value = '';
    for (const piece of pieces) {
      // A string that is read is also sent on; longer strings cost more.
      this.work += 1 + ((piece.to - piece.from) >> 4);
      if (piece.to - piece.from > MAX_TEXT) return TOO_LARGE;
      const replaced = piece.getChildren('FormatReplacement');
      const part =
        replaced.length > 0 ? this.formatted(piece, replaced, scope, depth) : stringValue(this.names.textOf(piece));
      if (part === null) return NOT_LITERAL;
      if (typeof part !== 'string') return part;
      value += part;
      if (value.length > MAX_TEXT) return TOO_LARGE;
    }
    return { kind: 'str', value };
  }

  /**
   * `f"{owner}/llama-{size}b"`: strings and whole numbers replace their names. Fields with `!r`, `:d` or `=` are not
   * read.
   */
  private formatted(
    node: SyntaxNode,
    replaced: readonly SyntaxNode[],
    scope: Scope,
    depth: number,
  ): string | Unknown | null {
    const literal = this.names.textOf(node);
    const [, prefix = '', quote = ''] = /^([A-Za-z]{1,2})('''|"""|'|")/.exec(literal) ?? [];
    const pieces: string[] = [];
    let from = node.from + prefix.length + quote.length;
    const plain = (to: number): string | null =>
      stringValue(`${prefix}${quote}${literal.slice(from - node.from, to - node.from)}${quote}`);
    for (const replacement of replaced) {
      const [open, expression, close, more] = childrenOf(replacement);
      const before = plain(replacement.from);
      if (before === null || open?.name !== '{' || !expression || close?.name !== '}' || more) return null;
      const value = this.evaluate(expression, scope, depth + 1);
      if (value.kind === 'unknown') return value;
      if (value.kind !== 'str' && value.kind !== 'int') return null;
      pieces.push(before, String(value.value));
      from = replacement.to;
    }
    const rest = plain(node.to - quote.length);
    return rest === null ? null : [...pieces, rest].join('');
  }

  private name(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const name = this.names.textOf(node);
    return this.defined(this.names.constant(name, scope, node.from), name, depth);
  }

  /** The value of what a name stands for, unless the program changes that value under one of its names. */
  private defined(found: Definition | Unknown, name: string, depth: number): Value | Unknown {
    if ('reason' in found) return found;
    let value = this.evaluate(found.value, found.scope, depth + 1);
    for (const index of found.path) {
      if (value.kind === 'unknown') return value;
      if (value.kind !== 'tuple' && value.kind !== 'list') return NOT_LITERAL;
      value = value.items[index] ?? NOT_LITERAL;
    }
    const changeable = value.kind === 'list' || value.kind === 'set' || value.kind === 'dict';
    return changeable && this.names.isMutated(name) ? unknown('changed after it is assigned') : value;
  }

  /** `settings['rank']`, `sizes[0]`. */
  private item(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const [object, open, index, close, more] = childrenOf(node);
    if (!object || open?.name !== '[' || !index || close?.name !== ']' || more) return NOT_LITERAL;
    const value = this.evaluate(object, scope, depth + 1);
    if (value.kind === 'unknown') return value;
    const at = this.evaluate(index, scope, depth + 1);
    if (at.kind === 'unknown') return at;
    if (value.kind === 'dict') {
      const hash = hashOf(at);
      return value.entries.find(([key]) => hash !== null && hashOf(key) === hash)?.[1] ?? NOT_LITERAL;
    }
    if ((value.kind !== 'list' && value.kind !== 'tuple') || at.kind !== 'int') return NOT_LITERAL;
    return value.items.at(at.value) ?? NOT_LITERAL;
  }

  /** The items between brackets, with `*others` unpacked. */
  private items(node: SyntaxNode, scope: Scope, depth: number): Value[] | Unknown {
    const items: Value[] = [];
    let spread = false;
    for (const child of childrenOf(node).slice(1)) {
      if (child.name === '*') spread = true;
      if (child.name.length === 1) continue;
      const value = this.evaluate(child, scope, depth + 1);
      if (value.kind === 'unknown') return value;
      if (!spread) items.push(value);
      else if ('items' in value) {
        this.work += value.items.length;
        if (this.work > MAX_WORK) return TOO_LARGE;
        for (const item of value.items) items.push(item);
      } else return NOT_LITERAL;
      spread = false;
    }
    return items;
  }

  private dictionary(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const entries: (readonly [Value, Value])[] = [];
    let key: Value | null = null;
    let spread = false;
    for (const child of childrenOf(node).slice(1)) {
      if (child.name === '**') spread = true;
      if (child.name.length <= 2) continue;
      const value = this.evaluate(child, scope, depth + 1);
      if (value.kind === 'unknown') return value;
      if (spread) {
        if (value.kind !== 'dict') return NOT_LITERAL;
        this.work += value.entries.length;
        if (this.work > MAX_WORK) return TOO_LARGE;
        for (const entry of value.entries) entries.push(entry);
        spread = false;
      } else if (key) {
        entries.push([key, value]);
        key = null;
      } else key = value;
    }
    return key ? NOT_WRITTEN : dictOf(entries);
  }

  private operation(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const [first, second, third] = childrenOf(node);
    if (!first || !second) return NOT_WRITTEN;
    if (node.name === 'UnaryExpression') {
      const value = this.evaluate(second, scope, depth + 1);
      if (value.kind === 'unknown') return value;
      return (isNumber(value) ? unary(this.names.textOf(first), value) : null) ?? NOT_LITERAL;
    }
    const left = this.evaluate(first, scope, depth + 1);
    if (left.kind === 'unknown') return left;
    const right = this.evaluate(third ?? null, scope, depth + 1);
    if (right.kind === 'unknown') return right;
    const operator = this.names.textOf(second);
    if (isNumber(left) && isNumber(right)) return binary(operator, left, right) ?? NOT_LITERAL;
    return operator === '+' ? this.joined(left, right) : NOT_LITERAL;
  }

  private joined(left: Value, right: Value): Value | Unknown {
    if (left.kind === 'str' && right.kind === 'str') {
      const value = left.value + right.value;
      return value.length > MAX_TEXT ? TOO_LARGE : { kind: 'str', value };
    }
    if ((left.kind !== 'list' && left.kind !== 'tuple') || left.kind !== right.kind) return NOT_LITERAL;
    this.work += left.items.length + right.items.length;
    return this.work > MAX_WORK ? TOO_LARGE : { kind: left.kind, items: [...left.items, ...right.items] };
  }

  /**
   * `TaskType.CAUSAL_LM`, `TaskType.CAUSAL_LM.value`, and constants of the program's own classes; no other attribute.
   */
  private member(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const path = this.names.dotted(node, scope);
    if (path === null) return this.classAttribute(node, scope, depth);
    const segments = path.split('.');
    if (segments.at(-1) === 'value') segments.pop();
    const member = segments.pop() ?? '';
    const members = enumMembers(this.names.peftName(segments.join('.')) ?? '');
    return members?.includes(member) ? { kind: 'str', value: member } : NOT_LITERAL;
  }

  private classAttribute(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const object = node.firstChild;
    const attribute = node.getChild('PropertyName');
    if (object?.name !== 'VariableName' || !attribute) return NOT_LITERAL;
    const [name, key] = [this.names.textOf(object), this.names.textOf(attribute)];
    // `Settings.targets.append(...)` is recorded as a change of the attribute.
    return this.defined(this.names.classConstant(name, key, scope), key, depth);
  }

  /** Python's constructors of lists and dictionaries, and PEFT's classes that are an argument of a config. */
  private call(node: SyntaxNode, scope: Scope, depth: number): Value | Unknown {
    const path = node.firstChild && this.names.dotted(node.firstChild, scope);
    if (!path) return NOT_LITERAL;
    const name = this.names.peftName(path) ?? '';
    const fields = name === 'dict' ? [] : nestedConfigFields(name);
    const given = argumentsOf(node, this.names);
    if (fields) return this.settings(given, fields, scope, depth);
    if (given.some(({ key }) => key !== null)) return NOT_LITERAL;
    const values: Value[] = [];
    for (const { value } of given) {
      const each = this.evaluate(value, scope, depth + 1);
      if (each.kind === 'unknown') return each;
      values.push(each);
    }
    const [only] = values;
    if (name === 'range') return this.range(values);
    if (enumMembers(name))
      return only?.kind === 'str' && enumMembers(name)?.includes(only.value) && values.length === 1
        ? only
        : NOT_LITERAL;
    if (name !== 'list' && name !== 'tuple' && name !== 'set') return NOT_LITERAL;
    if (values.length > 1 || (only && !('items' in only))) return NOT_LITERAL;
    const items = only && 'items' in only ? only.items : [];
    this.work += items.length;
    return name === 'set' ? setOf(items) : { kind: name, items };
  }

  private settings(
    given: ReturnType<typeof argumentsOf>,
    fields: readonly string[],
    scope: Scope,
    depth: number,
  ): Value | Unknown {
    const entries: (readonly [Value, Value])[] = [];
    for (const [index, { key, value }] of given.entries()) {
      const name = key ?? fields[index];
      const each = this.evaluate(value, scope, depth + 1);
      if (each.kind === 'unknown') return each;
      if (name === '**' && each.kind === 'dict') for (const entry of each.entries) entries.push(entry);
      else if (name === undefined || name.startsWith('*')) return NOT_LITERAL;
      else entries.push([{ kind: 'str', value: name }, each]);
    }
    return dictOf(entries);
  }

  private range(values: readonly Value[]): Value | Unknown {
    const numbers = values.map((value) => (value.kind === 'int' ? value.value : Number.NaN));
    const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
    if (numbers.length < 1 || numbers.length > 3 || numbers.some(Number.isNaN) || step === 0) return NOT_LITERAL;
    const length = Math.max(0, Math.ceil((stop - start) / step));
    this.work += length;
    if (length > MAX_RANGE || this.work > MAX_WORK) return TOO_LARGE;
    return {
      kind: 'list',
      items: Array.from({ length }, (_, index) => ({ kind: 'int', value: start + index * step })),
    };
  }
}

function isNumber(value: Value): value is Extract<Value, { kind: 'int' | 'float' }> {
  return value.kind === 'int' || value.kind === 'float';
}
