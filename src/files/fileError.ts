import { CheckpointError } from '../checkpoint/errors';

/** Explanations of the commonest error codes, for users. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EMFILE', 'too many files are open'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'its symbolic links lead in a circle'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the disk is read-only'],
  // EISDIR for a folder on Windows, ENXIO for a socket.
  ['EISDIR', 'it is not a file'],
  ['ENXIO', 'it is not a file'],
]);

/** The typed error for an error of Node's file system. */
export function fileError(code: 'Unreadable' | 'Unwritable', file: string, error: unknown): CheckpointError {
  const { code: reason, message } = error as NodeJS.ErrnoException;
  const verb = code === 'Unreadable' ? 'opened' : 'written';
  return new CheckpointError(code, `${file} cannot be ${verb}: ${REASONS.get(reason ?? '') ?? message}`, file);
}
