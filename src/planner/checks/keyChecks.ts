/** Checks for unknown keys. PEFT ignores them, so a misspelt setting does nothing. */

import { shownValue } from '../../peftConfig/configValues';
import { COMMON_KEYS } from '../../peftConfig/commonKeys';
import { METHOD_KEYS } from '../../peftConfig/methodKeys';
import type { Fix } from '../../protocol/planner';
import type { Examined } from './examined';
import { local, removal } from './examined';
import { nearest } from './suggestions';
import { quote } from './targetNames';

/** Keys of PEFT before 0.4 and of forks. Some files still have them, and they do no harm. */
const FORMER_KEYS = new Set(['enable_lora', 'merge_weights', 'postprocess_past_key_value_function']);

/** The PEFT release whose keys are known here. */
const KNOWN_VERSION = [0, 21] as const;

/** True if a version such as '0.22.0.dev0' is a later release. */
function isNewer(version: unknown): boolean {
  const [, major, minor] = (typeof version === 'string' && /^(\d{1,6})\.(\d{1,6})/.exec(version)) || [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > KNOWN_VERSION[0] || (Number(major) === KNOWN_VERSION[0] && Number(minor) > KNOWN_VERSION[1]);
}

export function checkKeys(x: Examined): void {
  const own = Object.hasOwn(METHOD_KEYS, x.type) ? METHOD_KEYS[x.type] : undefined;
  if (!own) return;
  const known = new Set([...Object.keys(COMMON_KEYS), ...Object.keys(own)]);
  for (const property of x.document.root.children ?? []) {
    if (x.isFull) return;
    const [keyNode] = property.children ?? [];
    const key: unknown = keyNode?.value;
    if (!keyNode || typeof key !== 'string' || known.has(key)) continue;
    const remove: Fix = { title: local('Remove {0}', quote(key)), edits: [removal(x.text, property)] };
    if (FORMER_KEYS.has(key)) {
      x.add(
        'unknown-key',
        'information',
        keyNode,
        local('{0} is a key of earlier versions of PEFT, which now ignores it.', quote(key)),
        [remove],
      );
      continue;
    }
    const present = new Set(Object.keys(x.config));
    const meant = nearest('keys', key, () => known).filter((each) => !present.has(each));
    const others = Object.keys(METHOD_KEYS).filter((method) => Object.hasOwn(METHOD_KEYS[method] ?? {}, key));
    const renames = meant.map((each): Fix => ({
      title: local('Change to {0}', quote(each)),
      edits: [{ offset: keyNode.offset, length: keyNode.length, newText: JSON.stringify(each) }],
    }));
    const [best] = meant;
    const [other] = others;
    if (best === undefined && other === undefined && isNewer(x.config['peft_version'])) {
      const newer = local(
        'PEFT 0.21 has no key {0}. The file was written by PEFT {1}.',
        quote(key),
        shownValue(x.config['peft_version']).slice(0, 40),
      );
      x.add('unknown-key', 'information', keyNode, newer, [remove]);
      continue;
    }
    const text =
      best !== undefined
        ? local(
            'PEFT does not know the key {0} for {1} and ignores it. Did you mean {2}?',
            quote(key),
            x.type,
            quote(best),
          )
        : other !== undefined
          ? local(
              '{0} is a key of {2}, not of {1}, which ignores it.',
              quote(key),
              x.type,
              others.slice(0, 4).join(', '),
            )
          : local('PEFT does not know the key {0} for {1} and ignores it.', quote(key), x.type);
    x.add('unknown-key', 'warning', keyNode, text, [...renames, remove]);
  }
}
