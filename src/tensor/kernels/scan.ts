/**
 * Entry of the module for everything but float32 products: weights in their stored form (statistics, tiles, colours,
 * NF4), float64 products, and the layers of language models.
 */
export { attend, attendBackward } from './attention';
export { colourCells } from './colour';
export { writeConstants } from './constants';
export { countCodes16, countCodes8, foldCounts, histogram } from './counts';
export { decode32, decode64 } from './decode';
export { applyReflectors, bidiagonalize, householder, panels64, product64 } from './linalg';
export { moments } from './moments';
export { dequantizeNf4, quantizeNf4 } from './nf4';
export { clearCells, finishCells, poolRows } from './pool';
export { siluGate, siluGateBackward } from './silu';
