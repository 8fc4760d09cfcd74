/** The handlers for Python programs that set up adapters. */

import { Pacer } from '../checkpoint/pacer';
import type { PythonDocument, PythonLens, PythonProgram, PythonRequests, PythonSpan } from '../protocol/python';
import type { Handlers } from '../protocol/rpc';
import { PacedMatching } from '../matrices/pacedMatching';
import { tensorsFor } from './countAdapter';
import { hoverText } from './hover/adapterConfigHoverText';
import type { Models } from './models/models';
import type { PythonFacts } from './python/pythonFacts';
import { callFacts } from './python/pythonFacts';
import type * as pythonReader from './pythonReader';

/** The code that is loaded with the first program. */
export type PythonReader = Pick<
  typeof pythonReader,
  'readProgram' | 'argumentHover' | 'callFindings' | 'classHover' | 'configLens' | 'modelLens'
>;

/** What is known about each config call of a document, in order. Rejects with the signal's reason. */
async function factsOf(
  models: Models,
  configs: PythonProgram['configs'],
  document: PythonDocument,
  signal: AbortSignal,
): Promise<readonly PythonFacts[]> {
  const matching = new PacedMatching(signal);
  const facts: PythonFacts[] = [];
  for (const call of configs) {
    signal.throwIfAborted();
    facts.push(await callFacts(models, call, document, matching));
  }
  return facts;
}

export function createPythonJobs(models: Models, load: () => Promise<PythonReader>): Handlers<PythonRequests> {
  /** The last program that was read: a hover asks for the same one as the lenses. */
  let last: { readonly parts: PythonDocument['parts']; readonly program: PythonProgram } | null = null;

  const read = async ({ parts }: PythonDocument, signal: AbortSignal): Promise<PythonProgram> => {
    const { readProgram } = await load();
    if (last && sameParts(last.parts, parts)) return last.program;
    const program = await new Pacer(signal).run(readProgram(parts));
    last = { parts, program };
    return program;
  };

  const allFacts = async (document: PythonDocument, signal: AbortSignal): Promise<readonly PythonFacts[]> =>
    factsOf(models, (await read(document, signal)).configs, document, signal);

  return {
    async 'python/findings'(document, { signal }) {
      const { callFindings } = await load();
      const facts = await allFacts(document, signal);
      const names = facts.flatMap(({ call }) => call.baseModel ?? []);
      return {
        findings: facts.flatMap((each) => callFindings(each, document.parts)),
        baseModels: [...new Set(names)],
      };
    },

    async 'python/lenses'(document, { signal }) {
      const { configLens, modelLens } = await load();
      const { models: calls } = await read(document, signal);
      const facts = await allFacts(document, signal);
      const lenses: PythonLens[] = facts.map(configLens);
      for (const call of calls) {
        const known = call.config === null ? undefined : facts[call.config];
        const lens = known ? modelLens(call, known) : null;
        if (lens) lenses.push(lens);
      }
      return lenses;
    },

    async 'python/hover'({ part, offset, ...document }, { signal }) {
      const { argumentHover, classHover } = await load();
      const { configs, models: calls } = await read(document, signal);
      const within = (span: PythonSpan): boolean => span.part === part && span.from <= offset && offset <= span.to;
      const model = calls.find(({ name }) => within(name));
      // Inner calls follow the call that contains them, so the last match is the innermost.
      const call = model ? configs[model.config ?? -1] : configs.filter(({ span }) => within(span)).at(-1);
      const argument = call?.arguments.filter(({ span }) => within(span)).at(-1);
      const span = model?.name ?? (call && within(call.name) ? call.name : argument?.span);
      if (!call || !span) return null;
      const matching = new PacedMatching(signal);
      const facts = await callFacts(models, call, document, matching);
      const hover = { facts, explain: await explanations(models, facts) };
      const onClass = span !== argument?.span;
      const markdown = await matching.run(() =>
        onClass || !argument ? classHover(hover) : argumentHover(argument.key, hover),
      );
      return { span, markdown };
    },
  };
}

/** The explanations of adapter_config.json. They include counts only if every setting is known. */
async function explanations(
  models: Models,
  { call, base, budget }: PythonFacts,
): Promise<(key: string) => string | null> {
  const model = budget && base ? { ...base, tensors: await tensorsFor(models, base) } : null;
  const config = { ...call.config, base_model_name_or_path: base?.title ?? null };
  return (key) => hoverText([key], { config, weights: null, base: model });
}

function sameParts(a: PythonDocument['parts'], b: PythonDocument['parts']): boolean {
  return (
    a.length === b.length &&
    a.every(({ text, notebookCell }, index) => text === b[index]?.text && notebookCell === b[index].notebookCell)
  );
}
