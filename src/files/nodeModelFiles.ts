/** `ModelFiles` on the local disk. */

import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { openSafetensors } from '../checkpoint/safetensors/openSafetensors';
import { nodeFiles } from './nodeFile';
import { hubFolders } from './hubCache';
import type { ModelFiles } from './modelFiles';
import { readSmallText } from './smallFile';

export const nodeModelFiles: ModelFiles = {
  hubFolders: hubFolders(process.env, homedir()),

  async stamp(path, maxBytes) {
    try {
      const found = await stat(path);
      return found.isFile() && found.size <= maxBytes ? `${found.size}:${found.mtimeMs}` : null;
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

  async tensorShapes(path) {
    try {
      const { source } = await nodeFiles.open(path);
      try {
        const { tensors } = await openSafetensors(source);
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
