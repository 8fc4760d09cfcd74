import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { assertNone } from './assertNone';
import { sourceFiles } from './importGraph';

interface Exported {
  readonly name: string;
  readonly file: string;
  /** Each class and function has a name of its own in all of src. Types may share a name if their rooms never meet. */
  readonly isCode: boolean;
}

function exportsOf(file: string): Exported[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement): Exported[] => {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name, initializer }) => ({
        name: name.getText(),
        file,
        isCode: initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)),
      }));
    }
    const isCode = ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement);
    const named = isCode || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    return named && statement.name ? [{ name: statement.name.text, file, isCode }] : [];
  });
}

describe('what src exports', () => {
  it('includes no class or function that shares its name with another export', () => {
    const byName = new Map<string, Exported[]>();
    for (const file of sourceFiles('src').filter((each) => !each.includes('/kernels/'))) {
      for (const each of exportsOf(file)) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
    }
    const shared = [...byName.values()].filter((all) => all.length > 1 && all.some(({ isCode }) => isCode));
    const lines = shared.map((all) => `${all[0]?.name}: ${all.map(({ file }) => file).join(', ')}`);
    assertNone(lines, 'Call each what it is; where both do the same, keep one:');
  });
});
