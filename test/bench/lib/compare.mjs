// Compares results before anything is timed, and checks the comparison itself on a wrong result.

/** A change that the comparison must detect: a thousandth of one entry. */
const CONTROL = 1e-3;

/**
 * @param {number[]} actual @param {number[]} expected @param {number} tolerance relative to the largest entry and to
 * each
 * @returns {string | null} the first difference
 */
export function difference(actual, expected, tolerance) {
  if (actual.length !== expected.length) return `${actual.length} entries, not ${expected.length}`;
  const scale = expected.length > 12 ? expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0) : 0;
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [actual[i], expected[i]];
    const near = Object.is(x, y) || Math.abs(x - y) <= tolerance * Math.max(scale, Math.abs(y)) + 1e-12;
    if (!near) return `entry ${i} is ${x}, not ${y}`;
  }
  return null;
}

/** @throws if the comparison would accept an error of a thousandth in the largest entry */
export function checkControl(expected, tolerance) {
  let at = 0;
  expected.forEach((x, i) => {
    if (Math.abs(x) > Math.abs(expected[at])) at = i;
  });
  const spoilt = expected.map((x, i) => (i === at ? x * (1 + CONTROL) : x));
  if (difference(spoilt, expected, tolerance) === null)
    throw new Error('the comparison does not detect a wrong result');
}
