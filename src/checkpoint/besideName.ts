/**
 * Names of other files that a file refers to, such as the shards of an index. Only names below its folder are valid.
 */

import { CheckpointError } from './errors';
import { quoted } from '../peftConfig/quoted';

/** No file system allows longer paths. */
const MAX_NAME_LENGTH = 4096;

/**
 * The segments of a relative path, 'shards/model-00001-of-00002.safetensors'.
 * Throws `CheckpointError` Unreadable for anything that could lead out of the folder: '..', absolute paths, drives,
 * URLs, backslashes, control characters.
 */
export function besideSegments(name: string): readonly string[] {
  const segments = name.split('/');
  const plain =
    name.length <= MAX_NAME_LENGTH &&
    !/[\\:\p{Cc}]/u.test(name) &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (plain) return segments;
  throw new CheckpointError(
    'Unreadable',
    `${quoted(name)} is not the name of a file beside this one; it is not followed`,
    name,
  );
}
