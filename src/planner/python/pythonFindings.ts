/** The findings of a config call at their places in the program: those that an adapter_config.json would have. */

import type { Finding } from '../../protocol/planner';
import type { PythonConfigCall, PythonFinding, PythonFix, PythonProgramPart, PythonSpan } from '../../protocol/python';
import { parseJson } from '../../peftConfig/parseJson';
import { isAbout } from './findingArguments';
import type { PythonFacts } from './pythonFacts';

type Parts = readonly PythonProgramPart[];

/** The longest name in a message. */
const MAX_NAME = 120;

export function callFindings(facts: PythonFacts, parts: Parts): readonly PythonFinding[] {
  const { call, findings, checkedText } = facts;
  return [
    ...baseFindings(facts),
    ...strangeFindings(call),
    ...findings.map((finding): PythonFinding => {
      const argument = call.arguments.find(({ key }) => isAbout(finding.code, key));
      const literal = argument ? literalOf(valueAt(checkedText, finding), argument.span, parts) : null;
      const { code, severity, text } = finding;
      const span = literal ?? argument?.span ?? call.name;
      return { span, code, severity, text, fixes: literal ? fixesOf(finding) : [], chooseFor: null };
    }),
  ];
}

function baseFindings({ call, base }: PythonFacts): readonly PythonFinding[] {
  const { baseModel } = call;
  if (baseModel === null || (base && base.standsInFor === null) || base?.place === 'chosen') return [];
  const name = baseModel.slice(0, MAX_NAME);
  const message =
    'The base model {0} was not found: it has no config.json in the workspace, on the disk or in the ' +
    'Hugging Face cache, and there is no preset for it. Nothing is downloaded. ';
  const text = base
    ? { message: `${message}The figures are those of {1}.`, args: [name, base.title] }
    : { message: `${message}Nothing is counted.`, args: [name] };
  return [{ span: call.name, code: 'base-not-found', severity: 'information', text, fixes: [], chooseFor: baseModel }];
}

/** PEFT refuses a call with an argument that its class does not take. */
function strangeFindings({ strange, arguments: given, className, name }: PythonConfigCall): readonly PythonFinding[] {
  return strange.map((key) => ({
    span: given.find((each) => each.key === key)?.span ?? name,
    code: 'unknown-key',
    severity: 'error',
    text: {
      message: '{0} is not an argument of {1} in PEFT 0.21, which refuses the call.',
      args: [key.slice(0, MAX_NAME), className],
    },
    fixes: [],
    chooseFor: null,
  }));
}

/** The text that a finding marks, if it marks a string. A finding marks whole values of the text. */
function valueAt(text: string, { offset, length }: Finding): string | null {
  const marked = text.slice(offset, offset + length);
  if (!marked.startsWith('"')) return null;
  const value = parseJson(marked);
  return typeof value === 'string' ? value : null;
}

/** The literal of the value in the argument; `null` unless the argument holds it exactly once. */
function literalOf(value: string | null, { part, from, to }: PythonSpan, parts: Parts): PythonSpan | null {
  // A value with an escape is written in more than one way.
  if (value === null || !/^[\w.*-]+$/.test(value)) return null;
  const written = parts[part]?.text.slice(from, to) ?? '';
  const places = [`"${value}"`, `'${value}'`].flatMap((literal) => {
    const at = written.indexOf(literal);
    if (at < 0) return [];
    return written.includes(literal, at + 1) ? [at, at] : [at];
  });
  const [at] = places;
  return places.length === 1 && at !== undefined ? { part, from: from + at, to: from + at + value.length + 2 } : null;
}

/** Fixes that replace what the finding marks. Python reads a JSON string as the same value. */
function fixesOf({ fixes, offset, length }: Finding): readonly PythonFix[] {
  return fixes.flatMap(({ title, edits }) => {
    const [edit] = edits;
    const replaces = edits.length === 1 && edit?.offset === offset && edit.length === length;
    return replaces && edit.newText.startsWith('"') ? [{ title, newText: edit.newText }] : [];
  });
}
