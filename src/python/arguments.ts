/** The arguments of a call as the program writes them. */

import type { SyntaxNode } from '@lezer/common';

export interface Argument {
  /** The keyword; `null` for a positional argument, '*' or '**' for an unpacked one. */
  readonly key: string | null;
  /** `null` if the value is not written yet, or is a comprehension without brackets. */
  readonly value: SyntaxNode | null;
  readonly from: number;
  readonly to: number;
}

/** Arguments read from one call: nobody writes more by hand. */
const MAX_ARGUMENTS = 1000;

interface Texts {
  textOf(node: { readonly from: number; readonly to: number }): string;
}

export function argumentsOf(call: SyntaxNode, texts: Texts): Argument[] {
  const list = call.getChild('ArgList');
  const found: Argument[] = [];
  let nodes: SyntaxNode[] = [];
  const finish = (): void => {
    const argument = argumentOf(nodes, texts);
    if (argument && found.length < MAX_ARGUMENTS) found.push(argument);
    nodes = [];
  };
  for (let child = list?.firstChild?.nextSibling ?? null; child; child = child.nextSibling) {
    if (child.name === ',' || child.name === ')') finish();
    else if (child.name !== 'Comment') nodes.push(child);
  }
  finish();
  return found;
}

function argumentOf(nodes: readonly SyntaxNode[], texts: Texts): Argument | null {
  const written = nodes.filter((node) => !node.type.isError);
  const [first, second, third] = written;
  const last = written.at(-1);
  if (!first || !last) return null;
  const range = { from: first.from, to: last.to };
  // Text that the parser could not place makes the whole argument unfinished.
  const whole = nodes.length === written.length;
  if (first.name === '*' || first.name === '**')
    return { key: first.name, value: whole ? (second ?? null) : null, ...range };
  const named = second?.name === 'AssignOp' && first.name === 'VariableName';
  if (named)
    return { key: texts.textOf(first), value: whole && written.length === 3 ? (third ?? null) : null, ...range };
  return { key: null, value: whole && written.length === 1 ? first : null, ...range };
}
