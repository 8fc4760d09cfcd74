/** What only Python needs, its parser above all: a bundle of its own, which the planner loads with the first program. */

export { readProgram } from '../python/readProgram';
export { argumentHover, classHover } from './python/pythonHover';
export { configLens, modelLens } from './python/pythonLens';
