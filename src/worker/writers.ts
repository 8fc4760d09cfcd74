/** What writes files: a bundle of its own, which the thread loads with the first file that is saved. */

export { saveAdapter } from '../checkpoint/adapters/saveAdapter';
export { writeMatrix } from '../matrices/writeMatrix';
