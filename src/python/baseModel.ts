/** The base model that a program adapts, if its text names it: `AutoModel....from_pretrained('name')`. */

import type { SyntaxNode } from '@lezer/common';
import { argumentsOf } from './arguments';
import type { Evaluator } from './evaluator';
import type { Names } from './names';
import type { Scope } from './scopes';

/** Calls around calls: `prepare_model_for_kbit_training(model)`, `model.to('cuda')`. */
const MAX_STEPS = 20;

/** Methods that return the model they are called on. */
const SAME_MODEL = new Set(
  'to cuda cpu half float double bfloat16 eval train requires_grad_ to_bettertransformer'.split(' '),
);

/** Classes with `from_pretrained` that are not models. */
const NOT_A_MODEL = /Tokenizer|Processor|Config|Extractor|Scheduler|Pipeline|^PeftModel|Dataset/;

/** The name, if the expression is a model loaded under a literal name; `null` if it cannot be determined. */
export function baseModelOf(
  expression: SyntaxNode | null,
  scope: Scope,
  names: Names,
  evaluator: Evaluator,
): string | null {
  let node = expression;
  let place = scope;
  let use = node?.from ?? 0;
  for (let step = 0; node && step < MAX_STEPS; step++) {
    if (node.name === 'VariableName') {
      const definition = names.reaching(names.textOf(node), place, use);
      // Some loaders return a pair: the model, then its tokenizer.
      if (!definition || definition.path.some((index) => index !== 0)) return null;
      node = definition.value;
      place = definition.scope;
      use = node.from;
    } else if (node.name === 'CallExpression') {
      const name = loadedName(node, place, names, evaluator);
      if (name !== null) return name;
      const callee = node.firstChild;
      if (callee?.name === 'MemberExpression' && SAME_MODEL.has(names.lastName(callee))) node = callee.firstChild;
      // A function that takes a model as its first argument returns it prepared.
      else node = argumentsOf(node, names).find(({ key }) => key === null || key === 'model')?.value ?? null;
    } else return textOf(node, place, evaluator);
  }
  return null;
}

/** The name of the model, if the program loads exactly one. */
export function onlyLoadedModel(
  calls: readonly { readonly node: SyntaxNode; readonly scope: Scope }[],
  names: Names,
  evaluator: Evaluator,
): string | null {
  const found = new Set<string | null>();
  for (const { node, scope } of calls) {
    if (isLoad(node, names)) found.add(loadedName(node, scope, names, evaluator));
    if (found.size > 1) return null;
  }
  const [only = null] = found;
  return only;
}

function isLoad(node: SyntaxNode, names: Names): boolean {
  const callee = node.firstChild;
  if (callee?.name !== 'MemberExpression' || names.lastName(callee) !== 'from_pretrained') return false;
  const loader = names.lastName(callee.firstChild);
  return loader !== '' && !NOT_A_MODEL.test(loader);
}

function loadedName(node: SyntaxNode, scope: Scope, names: Names, evaluator: Evaluator): string | null {
  if (!isLoad(node, names)) return null;
  const given = argumentsOf(node, names);
  const named = given.find(({ key }) => key === 'pretrained_model_name_or_path' || key === 'model_name');
  const value = (named ?? given.find(({ key }) => key === null))?.value ?? null;
  return textOf(value, scope, evaluator);
}

function textOf(node: SyntaxNode | null, scope: Scope, evaluator: Evaluator): string | null {
  const value = evaluator.evaluate(node, scope);
  return value.kind === 'str' && value.value !== '' ? value.value : null;
}
