/** The options of `merge`, read. */

import type { MajorityMethod } from '../../surgery/elementwise';

export interface MergeValues {
  readonly weights: readonly number[];
  readonly type: string;
  readonly rank?: number;
  readonly density: number | null;
  readonly majority: MajorityMethod;
  readonly seed: number;
  readonly clamp: number | null;
  readonly peftExact: boolean;
  readonly keepNorm: boolean;
  readonly dtype?: string;
  readonly output?: string;
  readonly overwrite: boolean;
  readonly preview: boolean;
  readonly json: boolean;
}
