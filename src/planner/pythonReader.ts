/** The code for Python, mainly its parser: a separate bundle that the planner loads with the first program. */

export { readProgram } from '../python/readProgram';
export { argumentHover, classHover } from './python/pythonHover';
export { callFindings } from './python/pythonFindings';
export { configLens, modelLens } from './python/pythonLens';
