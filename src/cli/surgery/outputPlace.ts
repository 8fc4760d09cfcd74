/** The place of a command's result: always a new one, unless the user says otherwise. */

import { lstat, statfs } from 'node:fs/promises';
import * as path from 'node:path';
import type { Place } from '../../surgery/saveNewAdapter';
import { RefusedError, UsageError } from '../command';

/** Space left free beside the result, for what else writes at the same time. */
const SPARE_BYTES = 2 ** 20;

/** A folder, or a file if the name ends in .safetensors. @throws UsageError, RefusedError */
export async function adapterPlace(
  output: string | undefined,
  layout: 'peft' | 'kohya',
  overwrite: boolean,
): Promise<Place> {
  if (output === undefined || output === '') throw new UsageError('-o is missing: where does the result go?');
  const isFile = output.endsWith('.safetensors');
  const usual = layout === 'kohya' ? 'lora.safetensors' : 'adapter_model.safetensors';
  const place: Place = isFile
    ? { folder: path.dirname(output), weightsName: path.basename(output) }
    : { folder: output, weightsName: usual };
  await refuseExisting(path.join(place.folder, place.weightsName), overwrite);
  if (layout === 'peft') await refuseExisting(path.join(place.folder, 'adapter_config.json'), overwrite);
  return place;
}

/** @throws RefusedError if something has the name */
async function refuseExisting(file: string, overwrite: boolean): Promise<void> {
  const exists = await lstat(file).then(
    () => true,
    () => false,
  );
  if (exists && !overwrite) throw new RefusedError(`${file} exists: choose another place, or say --overwrite`);
}

/** @throws RefusedError unless the disk of `folder` has the space. The folder need not exist yet. */
export async function checkFreeSpace(folder: string, bytes: number): Promise<void> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await statfs(at).catch(() => null);
    if (found) {
      const free = found.bavail * found.bsize;
      if (free < bytes + SPARE_BYTES)
        throw new RefusedError(`${folder}: the result takes ${bytes} bytes, and ${free} bytes are free on the disk`);
      return;
    }
    if (at === path.dirname(at)) return;
  }
}
