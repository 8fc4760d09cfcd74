/** The argument of a config call that a finding is about. */

import type { FindingCode } from '../../protocol/planner';

/** True if a finding is shown at the argument. The class shows all findings. */
export function isAbout(kind: FindingCode, key: string): boolean {
  switch (key) {
    case 'target_modules':
      return kind.startsWith('target');
    case 'exclude_modules':
      return kind === 'exclude-no-match' || kind === 'target-excluded';
    case 'layers_to_transform':
      return kind === 'layers-out-of-range' || kind === 'target-partial';
    case 'r':
      return kind.startsWith('rank');
    case 'lora_alpha':
      return kind === 'alpha-ratio' || kind === 'rslora-alpha';
    case 'use_rslora':
      return kind === 'rslora-alpha';
    case 'modules_to_save':
      return kind === 'save-no-match';
    case 'rank_pattern':
    case 'alpha_pattern':
      return kind === 'pattern-no-match';
    default:
      return false;
  }
}
