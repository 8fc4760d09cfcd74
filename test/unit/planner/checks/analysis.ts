/** Calls the analysis of adapter_config.json as the host does. */

import { strict as assert } from 'node:assert';
import type { ConfigAnalysis, Finding, FindingCode, Fix } from '../../../../src/protocol/planner';
import type { LocalText } from '../../../../src/protocol/localText';
import type { ModelReference } from '../../../../src/protocol/models';
import type { SourceDescription } from '../../../../src/protocol/source';
import { NOWHERE, plannerCaller } from '../plannerCaller';
import { TestHost } from '../testHost';

export const host = new TestHost();
export const call = plannerCaller(host);
export const say = ({ message, args }: LocalText): string =>
  message.replace(/\{(\d+)\}/g, (_, index) => String(args[Number(index)]));

interface Around {
  readonly weights?: SourceDescription | null;
  readonly model?: ModelReference;
}

const LLAMA: ModelReference = { kind: 'preset', id: 'llama-3-8b' };

export async function analyse(text: string, { weights = null, model = LLAMA }: Around = {}): Promise<ConfigAnalysis> {
  const chosen = [{ name: 'base', model }];
  const analysis = await call('config/analyse', {
    ...NOWHERE,
    text,
    weights: host.weightsFile(weights),
    chosen,
  });
  assert.ok(analysis);
  return analysis;
}

export const lora = (changes: Record<string, unknown>): string =>
  JSON.stringify(
    {
      peft_type: 'LORA',
      base_model_name_or_path: 'base',
      r: 8,
      lora_alpha: 16,
      target_modules: ['q_proj'],
      ...changes,
    },
    null,
    2,
  );

export async function findings(changes: Record<string, unknown>, around?: Around): Promise<readonly Finding[]> {
  return (await analyse(lora(changes), around)).findings;
}

export const codes = (found: readonly Finding[]): FindingCode[] => found.map(({ code }) => code);

export function only(found: readonly Finding[], code: FindingCode): Finding {
  const [first, ...more] = found.filter((each) => each.code === code);
  assert.ok(first && more.length === 0, `${code} once, not in ${codes(found).join()}`);
  return first;
}

export function apply(text: string, { edits }: Fix): string {
  return [...edits]
    .sort((a, b) => b.offset - a.offset)
    .reduce(
      (result, { offset, length, newText }) => result.slice(0, offset) + newText + result.slice(offset + length),
      text,
    );
}

/** Applies the finding's n-th fix and checks that the result parses and no longer has the finding. */
export async function fixed(
  text: string,
  code: FindingCode,
  index = 0,
  around?: Around,
): Promise<Record<string, unknown>> {
  const { findings: found } = await analyse(text, around);
  const fix = found.find((each) => each.code === code)?.fixes[index];
  assert.ok(fix, `${code} has fix ${index}`);
  const after = apply(text, fix);
  assert.ok(
    !codes((await analyse(after, around)).findings).includes(code),
    `${say(fix.title)} leaves ${code}:\n${after}`,
  );
  return JSON.parse(after) as Record<string, unknown>;
}
