/** Writing of files: a bundle of its own, loaded when the first file is saved. */

export { saveAdapter } from '../checkpoint/adapters/saveAdapter';
export { writeMatrix } from '../matrices/writeMatrix';
export { saveHubConfig } from './saveHubConfig';
