import { readFileSync } from 'node:fs';
import ts from 'typescript';

export interface Comment {
  /** 'src/peft/lora.ts:12'. */
  readonly at: string;
  /** The text on one line, without the marks of the comment. */
  readonly text: string;
}

/** Reads the comments of a TypeScript or JavaScript file. Consecutive lines of `//` are one comment. */
export function commentsOf(file: string, source = readFileSync(file, 'utf8')): Comment[] {
  const joined: Span[] = [];
  for (const { pos, end } of commentSpans(source, literalSpans(file, source))) {
    const last = joined.at(-1);
    if (last && continues(source, last, pos)) last.end = end;
    else joined.push({ pos, end });
  }
  return joined.map(({ pos, end }) => {
    const line = source.slice(0, pos).split('\n').length;
    return { at: `${file}:${line}`, text: plainText(source.slice(pos, end)) };
  });
}

interface Span {
  readonly pos: number;
  end: number;
}

/** Strings, templates and regular expressions, which may contain text that looks like a comment. */
function literalSpans(file: string, source: string): Span[] {
  const found: Span[] = [];
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest);
  const visit = (node: ts.Node): void => {
    const { kind } = node;
    if (kind >= ts.SyntaxKind.FirstLiteralToken && kind <= ts.SyntaxKind.LastTemplateToken) {
      found.push({ pos: node.getStart(tree), end: node.getEnd() });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found.sort((a, b) => a.pos - b.pos);
}

function commentSpans(source: string, literals: readonly Span[]): Span[] {
  const found: Span[] = [];
  const comment = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  let next = 0;
  for (let match = comment.exec(source); match; match = comment.exec(source)) {
    while ((literals[next]?.end ?? Infinity) <= match.index) next++;
    const literal = literals[next];
    if (literal && literal.pos <= match.index) comment.lastIndex = literal.end;
    else found.push({ pos: match.index, end: comment.lastIndex });
  }
  return found;
}

/** A comment at the end of a line of code stands alone. */
function continues(source: string, last: Span, pos: number): boolean {
  const line = source.slice(source.lastIndexOf('\n', last.pos) + 1, last.pos);
  const bothLines = line.trim() === '' && source.startsWith('//', last.pos) && source.startsWith('//', pos);
  return bothLines && /^\r?\n[ \t]*$/.test(source.slice(last.end, pos));
}

function plainText(comment: string): string {
  const body = comment.replace(/^\/\*+|\*\/$/g, '').replace(/^[ \t]*(\*|\/\/) ?/gm, '');
  return body.replace(/\s+/g, ' ').trim();
}
