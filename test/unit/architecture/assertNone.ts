import { strict as assert } from 'node:assert';

/** Fails with every finding on a line of its own, under what to do about them. */
export function assertNone(findings: readonly string[], advice: string): void {
  assert.ok(findings.length === 0, [advice, ...findings].join('\n  '));
}
