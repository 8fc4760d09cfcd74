/** Reads a short text as the entries of a JSON object. */

/** A longer text is not read as a table: its rows would be as hard to read as the text. */
const LONGEST = 4000;

/** The keys with their values as text; `null` if the text is not a JSON object with entries. */
export function jsonEntries(text: string): [string, string][] | null {
  if (!/^\s*\{/.test(text) || text.length > LONGEST) return null;
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return entries.length === 0 ? null : entries.map(([key, value]) => [key, valueText(value)]);
  } catch {
    return null;
  }
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
