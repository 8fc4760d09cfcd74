/** Overviews of methods that are not low-rank products: a bundle of its own, loaded with the first file that has them. */

export { methodOverview } from './methodOverview';
export { similarityMatrix } from './promptSimilarity';
