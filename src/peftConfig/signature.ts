/** Reads the rows of the table of config classes (`moduleClasses.ts`, `promptClasses.ts`). */

/** Arguments in their order, each with its default as Python writes it; 'None' if the text gives no default. */
export type Signature = ReadonlyMap<string, string>;

interface Row {
  readonly className: string;
  readonly fields: Signature;
}

export function readRow(row: string): Row {
  const end = row.search(/\s/);
  return { className: row.slice(0, end), fields: signature(row.slice(end)) };
}

export function signature(text: string): Signature {
  return new Map(
    words(text).map((entry) => {
      const [, name = '', initial = 'None'] = /^(\w+)(?::float)?(?:=(.*))?$/.exec(entry) ?? [];
      return [name, initial];
    }),
  );
}

/** The arguments that Python declares float: their default has a point or an exponent, or the text says so. */
export function floatArguments(text: string): readonly string[] {
  return words(text).flatMap((entry) => /^(\w+)(?::float|=\d+(?:\.\d|e-))/.exec(entry)?.[1] ?? []);
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Key to default, as JSON writes it; a required key has the default `null`. */
export type Defaults = Readonly<Record<string, unknown>>;

export function defaultsOf(fields: Signature): Defaults {
  return Object.fromEntries([...fields].map(([key, python]) => [key, jsonDefault(python)]));
}

function jsonDefault(python: string): unknown {
  if (python === 'None') return null;
  if (python === 'True' || python === 'False') return python === 'True';
  return JSON.parse(python.replaceAll("'", '"')) as unknown;
}
