/** The lines that a run trains on and is tested on. No input of a test is ever trained on. */

import { checkPositiveInteger } from '../tensor/errors';
import type { Random } from '../tensor/random';
import { seededRandom } from '../tensor/random';
import { BASE_FAMILIES } from './baseFamilies';
import type { DrawLine, LabLine } from './line';
import { drawTrained, isHeldOut } from './line';

const POOL_SIZE = 20_000;
const TEST_SIZE = 500;
const POOL_SEED = 111;
const TEST_SEED = 222;
/** Tests of each family of the base, for what the model still can do. */
const OLD_TEST_SIZE = 60;
/** Draws without a new test after which a task counts as having no more. */
const MOST_DRAWS = 100_000;

/** The lines of a task's training, with repetitions. @throws ArgumentError */
export function trainingPool(draw: DrawLine, size = POOL_SIZE): LabLine[] {
  checkPositiveInteger('trainingPool: size', size);
  const random = seededRandom(POOL_SEED);
  return Array.from({ length: size }, () => drawTrained(draw, random));
}

/** Different lines with inputs that no training draws; fewer than `size` if the task does not have as many. */
export function testLines(draw: DrawLine, size = TEST_SIZE, random: Random = seededRandom(TEST_SEED)): LabLine[] {
  const tests = new Map<string, LabLine>();
  for (let draws = 0; tests.size < size && draws < MOST_DRAWS; draws++) {
    const line = draw(random);
    if (isHeldOut(line)) tests.set([line.instruction, ...line.input].join(' '), line);
  }
  return [...tests.values()];
}

interface OldTest {
  readonly family: string;
  readonly lines: readonly LabLine[];
}

/** Tests of everything the base can do. */
export function oldTests(size = OLD_TEST_SIZE): OldTest[] {
  return BASE_FAMILIES.map(({ name, draw }) => ({ family: name, lines: testLines(draw, size) }));
}
