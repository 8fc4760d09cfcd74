/** Routes each location to the reader for the disk, for servers, or for the editor's file systems. */

import type { FileAccess, FileReading } from '../checkpoint/fileAccess';

export interface FarFiles {
  /** Files with http, https and hf addresses. */
  readonly remote: FileReading;
  /** Files with URIs of the editor's file systems. */
  readonly editor: FileReading;
}

/** A scheme has at least two letters. A single letter is a Windows drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/** `far` is called with the first location that has a scheme. */
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
