import { strict as assert } from 'node:assert';

/** Fails if there are findings. The message gives the advice, then each finding on its own line. */
export function assertNone(findings: readonly string[], advice: string): void {
  assert.ok(findings.length === 0, [advice, ...findings].join('\n  '));
}
