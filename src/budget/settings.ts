/** The settings that users type, the values that each accepts, and the message for any other value. */

import { BudgetError } from '../peftConfig/errors';
import { formatCount } from '../text/numberText';

export interface Setting {
  /** The label of the field. */
  readonly label: string;
  readonly max: number;
  /** The number may have a fraction; it must be positive. */
  readonly fraction?: boolean;
}

/** Larger than the width of any published model. */
const MAX_SIZE = 1 << 16;

export const METHOD_SETTINGS = {
  rank: { label: 'Rank', max: MAX_SIZE },
  alpha: { label: 'Alpha', max: 1e6, fraction: true },
  bottleneckDim: { label: 'Bottleneck', max: MAX_SIZE },
  prefixLength: { label: 'Prefix length', max: MAX_SIZE },
  promptLength: { label: 'Prompt length', max: MAX_SIZE },
} as const satisfies Record<string, Setting>;

export class SettingError extends BudgetError {
  override readonly name = 'SettingError';
}

/** Throws `SettingError` with a message for the field. */
export function parseSetting(typed: string, { label, max, fraction }: Setting): number {
  const text = typed.trim();
  const expected = fraction
    ? `a number above 0, at most ${formatCount(max)}`
    : `a whole number from 1 to ${formatCount(max)}`;
  const wellFormed = fraction ? /^(\d+\.?\d*|\.\d+)$/.test(text) : /^\d+$/.test(text);
  const value = wellFormed ? Number(text) : NaN;
  if (!(value > 0 && value <= max))
    throw new SettingError(`${label}: expected ${expected}${text ? '' : ', got nothing'}.`);
  return value;
}
