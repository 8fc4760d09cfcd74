/** Every file the worker can open: on disk, on a server, behind the editor. */

import type { FileAccess, FileReading } from '../checkpoint/fileAccess';

export interface FarFiles {
  /** By http, https and hf address. */
  readonly remote: FileReading;
  /** By the URIs of the editor's file systems. */
  readonly editor: FileReading;
}

/** A scheme of two letters and more: one letter is a drive of Windows. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/** `far` is asked with the first location that has a scheme. */
export function routedFiles(local: FileAccess, far: () => FarFiles): FileAccess {
  const route = (location: string): FileReading => {
    const scheme = SCHEME.exec(location)?.[1];
    if (scheme === undefined) return local;
    return /^(https?|hf)$/i.test(scheme) ? far().remote : far().editor;
  };
  return {
    open: (location, signal) => route(location).open(location, signal),
    beside: (location, name) => route(location).beside(location, name),
    namesBeside: (location, signal) => route(location).namesBeside(location, signal),
    readBeside: (location, name, limit, signal) => route(location).readBeside(location, name, limit, signal),
    placeIn: (folder, name) => local.placeIn(folder, name),
    writeAtomically: (path, fill) => local.writeAtomically(path, fill),
  };
}
