/** `ModelFiles` on the local disk. */

import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { FIRST_BYTES, openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import { headerLength } from '../checkpoint/safetensors/safetensorsHeader';
import { nodeFiles } from './nodeFile';
import { hubFolders } from './hubCache';
import type { ModelFiles } from './modelFiles';
import { readSmallText } from './smallFile';

export const nodeModelFiles: ModelFiles = {
  hubFolders: hubFolders(process.env, homedir()),

  async status(path, maxBytes) {
    try {
      const found = await stat(path);
      const { size, mtimeMs } = found;
      return found.isFile() && size <= maxBytes ? { bytes: size, stamp: `${size}:${mtimeMs}` } : null;
    } catch {
      return null;
    }
  },

  async readText(path, maxBytes) {
    try {
      return await readSmallText(path, { limit: maxBytes });
    } catch {
      return null;
    }
  },

  async list(folder) {
    try {
      return await readdir(folder);
    } catch {
      return [];
    }
  },

  async tensorShapes(path, maxHeaderBytes) {
    try {
      const { source } = await nodeFiles.open(path);
      try {
        const start = await source.read(0, Math.min(FIRST_BYTES, source.size));
        if (headerLength(start, source.size) > maxHeaderBytes) return null;
        const { tensors } = await openSafetensors(source, undefined, start);
        return tensors.map(({ name, shape }) => [name, shape] as const);
      } finally {
        await source.close();
      }
    } catch {
      // The file is missing, damaged or unreadable. The planner then reports that the model has no table.
      return null;
    }
  },
};
