import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';

interface Limit {
  readonly what: string;
  readonly stated: string;
  readonly file: string;
  readonly constant: string;
}

/** The rows of the table of limits in SECURITY.md. */
function statedLimits(): Limit[] {
  const rows = readFileSync('SECURITY.md', 'utf8').matchAll(
    /^\| ([^|]+?) +\| ([^|]+?) +\| `(src[^`]+)` +\| `(\w+)` +\|$/gm,
  );
  return [...rows].map(([, what, stated, file, constant]) => ({
    what: what!,
    stated: stated!,
    file: file!,
    constant: constant!,
  }));
}

/** The value of a constant that is written as a product, a power or a shift of integers. */
function valueOf({ file, constant }: Limit): number {
  const written = new RegExp(`const ${constant} = ([\\d_ *<()]+);`).exec(readFileSync(file, 'utf8'))?.[1];
  assert.ok(written, `${file} has no constant ${constant} that is an integer`);
  return Number(new Function(`return ${written};`)());
}

/** The value in the unit that the table states: '10 MB' of bytes, '15 s' of milliseconds, '10,000' of things. */
function inUnitOf(stated: string, value: number): string {
  const unit = stated.replace(/^[\d,]+ ?/, '');
  const divisor = unit === 'MB' ? 2 ** 20 : unit === 's' ? 1000 : 1;
  return `${Math.floor(value / divisor).toLocaleString('en-US')} ${unit}`.trim();
}

describe('SECURITY.md', () => {
  const limits = statedLimits();

  it('states the limits that the code has', () => {
    assert.ok(limits.length >= 10, `the table has ${limits.length} rows`);
    assert.deepEqual(
      limits.map((limit) => `${limit.what}: ${inUnitOf(limit.stated, valueOf(limit))}`),
      limits.map(({ what, stated }) => `${what}: ${stated}`),
    );
  });

  it('is linked from the README', () => {
    assert.match(readFileSync('README.md', 'utf8'), /\[SECURITY\.md\]\(SECURITY\.md\)/);
  });
});
