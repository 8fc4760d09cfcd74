/** Local files through Node. */

import { readFile, stat } from 'node:fs/promises';
import type { ModelFiles } from './modelFiles';

export const nodeModelFiles: ModelFiles = {
  async stamp(path, maxBytes) {
    try {
      const found = await stat(path);
      return found.isFile() && found.size <= maxBytes ? `${found.size}:${found.mtimeMs}` : null;
    } catch {
      return null;
    }
  },

  async readText(path) {
    try {
      return await readFile(path, 'utf8');
    } catch {
      return null;
    }
  },
};
