/** Finds changes of the prototypes that all values share: a key such as `__proto__` in a file must change none. */

const SHARED: readonly (readonly [string, object])[] = [
  ['Object', Object.prototype],
  ['Array', Array.prototype],
  ['Function', Function.prototype],
  ['String', String.prototype],
  ['Number', Number.prototype],
  ['Map', Map.prototype],
];

/** The values of all properties, by 'Object.toString'. */
type Snapshot = ReadonlyMap<string, unknown>;

export function prototypesAsTheyAre(): Snapshot {
  const values = new Map<string, unknown>();
  for (const [name, prototype] of SHARED) {
    for (const key of Reflect.ownKeys(prototype)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(prototype, key);
      values.set(`${name}.${String(key)}`, descriptor?.get ?? descriptor?.value);
    }
  }
  return values;
}

/** The properties that were added, removed or replaced since. */
export function prototypesChanged(before: Snapshot): string[] {
  const after = prototypesAsTheyAre();
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.has(name) !== after.has(name) || before.get(name) !== after.get(name));
}
