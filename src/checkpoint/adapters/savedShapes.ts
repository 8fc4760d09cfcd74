/** Finds tensors whose shapes PEFT refuses when it loads an adapter: empty ones, and token rows that do not fit. */

import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import { isObject } from '../../peftConfig/configValues';
import type { Problem } from '../../peftConfig/problem';
import { quoted } from '../../peftConfig/quoted';
import type { AdapterModuleInfo } from '../sourceDescription';
import { eachInSteps } from '../steps';
import type { Steps } from '../steps';
import type { AdapterPart } from './adapterPart';

/**
 * Tensors without entries: nothing of them was saved. DeepSpeed ZeRO-3 leaves them if the parameters were not gathered.
 * AdaLoRA's factors of rank 0 are empty on purpose.
 */
export function* emptyTensors(modules: readonly AdapterModuleInfo[]): Steps<Problem[]> {
  const problems: Problem[] = [];
  yield* eachInSteps(modules, ({ method, factors }) => {
    for (const { tensor, role, shape, dims } of factors) {
      if (!shape.includes(0) || (method === 'ADALORA' && dims.includes('rank'))) continue;
      const message =
        `${quoted(tensor)} (${role}) has shape [${shape.join(', ')}]: nothing of it was saved, and loading fails with a ` +
        'size mismatch. DeepSpeed ZeRO-3 saves such tensors unless it gathers the parameters first';
      problems.push({ severity: 'error', message, subject: tensor });
    }
  });
  return problems;
}

/** Compares the rows of retrained tokens with the indices in the config. */
export function tokenRows(parts: readonly AdapterPart[], config: AdapterConfig | null): Problem[] {
  const deltas = parts.flatMap(({ module, tensors }) => {
    const entry = tensors.get('tokens')?.entry;
    return entry ? [{ module: module.replace(/\.token_adapter$/, ''), entry }] : [];
  });
  if (!config?.peftType || deltas.length === 0) return [];
  const key = config.peftType === 'TRAINABLE_TOKENS' ? 'token_indices' : 'trainable_token_indices';
  const said = config.get(key);
  if (said === undefined || said === null) {
    const message = `${deltas.length} tensors hold the rows of retrained tokens, but adapter_config.json has no ${key}: PEFT ignores them`;
    return [{ severity: 'warning', message, subject: deltas[0]!.entry.name }];
  }
  return deltas.flatMap(({ module, entry }): Problem[] => {
    const indices = indicesOf(said, module);
    const rows = entry.shape[0] ?? 0;
    if (!indices || indices.length === rows) return [];
    const message =
      `${quoted(entry.name)} has ${rows} rows, but ${key} in adapter_config.json lists ${indices.length} tokens: ` +
      'PEFT fails with a size mismatch';
    return [{ severity: 'error', message, subject: entry.name }];
  });
}

/** A list is for the input embedding. A dictionary has a list for each module. */
function indicesOf(said: unknown, module: string): readonly unknown[] | null {
  if (Array.isArray(said)) return said;
  if (!isObject(said)) return null;
  const own = Object.entries(said).find(([name]) => module === name || module.endsWith(`.${name}`))?.[1];
  // A tied output layer shares the rows of the embedding, which the file holds once.
  const lists = Object.values(said).filter((list): list is unknown[] => Array.isArray(list));
  if (Array.isArray(own)) return own;
  return lists.length === 1 ? lists[0]! : null;
}
