/** Turns an operation's refusal into output: one line and status 1, or JSON with `refused`. */

import { SurgeryError } from '../../surgery/errors';
import type { Output } from '../terminal';
import type { ResultFacts } from './adapterInputs';

type Result = Output & { readonly status?: number };

/** The error goes to stderr without JSON, as any other. @throws what `work` throws, unless JSON is asked for */
export async function orRefused(facts: ResultFacts, json: boolean, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!json || !(error instanceof SurgeryError)) throw error;
    const { code, message, subject } = error;
    return {
      status: 1,
      json: { ...facts, refused: { code, message, ...(subject !== undefined && { subject }) }, notCovered: [] },
    };
  }
}
