/**
 * The module tables, presets, config classes and errors that the planner's bundles share, as a bundle of their own
 * (scripts/build.mjs).
 */

export * from '../budget/architectures';
export * from '../budget/presets';
export * from '../budget/errors';
export * from '../peftConfig/configTable';
export * from '../peftConfig/errors';
export * from '../peftConfig/matching';
