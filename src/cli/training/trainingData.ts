/**
 * Reads training data: one JSON object per line, with `tokens` (token ids) and, if not every token is to be predicted,
 * `labels` of the same length, in which -100 stands for a token that nothing has to predict.
 */

import { IGNORED_LABEL } from '../../model/batch';
import type { TokensAndLabels } from '../../model/evaluateModel';
import { isObject } from '../../peftConfig/configValues';
import { parseJson } from '../../peftConfig/parseJson';
import { readSmallText } from '../../files/smallFile';
import { RefusedError } from '../command';

/** A string of V8 has at most 512 MB, and the parsed numbers take several times the size of the text. */
const MAX_BYTES = 128 << 20;

const FORM = '{"tokens": [1, 2, 3], "labels": [-100, 2, 3]}';

/** @throws RefusedError that names the line, or CheckpointError if the file cannot be read. */
export async function readTrainingData(file: string, vocabulary: number): Promise<TokensAndLabels> {
  const text = await readSmallText(file, { limit: MAX_BYTES });
  const tokens: (readonly number[])[] = [];
  const labels: (readonly number[])[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const where = `${file}: line ${index + 1}`;
    const parsed = parsedLine(line, where);
    tokens.push(ids(parsed['tokens'], 'tokens', where, vocabulary));
    const wanted = parsed['labels'] ?? parsed['tokens'];
    labels.push(ids(wanted, 'labels', where, vocabulary));
    checkLine(tokens.at(-1)!, labels.at(-1)!, where);
  });
  if (tokens.length === 0) throw new RefusedError(`${file}: got no line, expected lines of the form ${FORM}`);
  return { tokens, labels };
}

function parsedLine(line: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (error) {
    throw new RefusedError(`${where} is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new RefusedError(`${where}: expected an object of the form ${FORM}`);
  if (value['tokens'] === undefined && typeof value['text'] === 'string')
    throw new RefusedError(
      `${where} holds text, and this program has no tokenizer. Write token ids instead, ` +
        "in Python: json.dumps({'tokens': tokenizer(text)['input_ids']})",
    );
  return value;
}

function ids(value: unknown, key: 'tokens' | 'labels', where: string, vocabulary: number): readonly number[] {
  if (!Array.isArray(value)) throw new RefusedError(`${where}: ${key} is no list, expected the form ${FORM}`);
  const isId = (id: unknown): boolean =>
    (Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabulary) ||
    (key === 'labels' && id === IGNORED_LABEL);
  const stray: unknown = value.find((id) => !isId(id));
  if (stray === undefined) return value as number[];
  const got = JSON.stringify(stray).slice(0, 40);
  throw new RefusedError(`${where}: ${key} holds ${got}, expected token ids from 0 to ${vocabulary - 1}`);
}

function checkLine(tokens: readonly number[], labels: readonly number[], where: string): void {
  if (labels.length !== tokens.length)
    throw new RefusedError(`${where}: got ${labels.length} labels, expected one for each of ${tokens.length} tokens`);
  if (!labels.slice(1).some((label) => label !== IGNORED_LABEL))
    throw new RefusedError(`${where}: no token after the first has a label, so nothing is to be predicted`);
}
