/**
 * Entry of the module that reads weights in their stored form: statistics, tiles, colours, NF4, and float64 products.
 */
export { colourCells } from './colour';
export { writeConstants } from './constants';
export { countCodes16, countCodes8, foldCounts, histogram } from './counts';
export { decode32, decode64 } from './decode';
export { applyReflectors, bidiagonalize, householder, panels64, product64 } from './linalg';
export { moments } from './moments';
export { dequantizeNf4, quantizeNf4 } from './nf4';
export { clearCells, finishCells, poolRows } from './pool';
