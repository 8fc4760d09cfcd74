/** Reading of files on servers. */

import { normaliseRemote, remoteBeside, remoteNames, remoteUrl } from '../checkpoint/remoteLocation';
import type { FileReading } from '../checkpoint/fileAccess';
import { readRemoteText } from './httpRange';
import type { RangeOptions } from './httpRetry';
import { openHttpSource } from './httpSource';

export function remoteFiles(options: RangeOptions): FileReading {
  return {
    async open(location, signal) {
      const normal = normaliseRemote(location);
      return { ...(await openHttpSource(remoteUrl(normal), options, signal)), ...remoteNames(normal) };
    },
    beside: (location, name) => remoteBeside(normaliseRemote(location), name),
    // HTTP has no listing of folders.
    namesBeside: async () => null,
    readBeside: (location, name, limit, signal) =>
      readRemoteText(remoteUrl(remoteBeside(normaliseRemote(location), name)), limit, options, signal),
  };
}
