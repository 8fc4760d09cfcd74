/** What the planner's bundles share, in one file beside them (scripts/build.mjs): module tables, and errors with them. */

export * from '../budget/architectures';
export * from '../peftConfig/errors';
export * from '../peftConfig/errors';
