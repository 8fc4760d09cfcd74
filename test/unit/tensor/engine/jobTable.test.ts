import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { CALLS_AT, CALL_SLOTS, MAX_CALLS, callsOf, takenOf, ticketOf } from '../../../../src/tensor/engine/jobTable';

describe('the job table', () => {
  it('ends before the constants of the kernels, which share its page', () => {
    const [, at] = /const AT: usize = (\d+);/.exec(readFileSync('src/tensor/kernels/constants.ts', 'utf8')) ?? [];
    const end = CALLS_AT + MAX_CALLS * CALL_SLOTS * Float64Array.BYTES_PER_ELEMENT;
    assert.ok(end <= Number(at), `the table ends at ${end}, the constants begin at ${at}`);
  });

  it('has a ticket that can count a full job', () => {
    const ticket = ticketOf(0x7fff, MAX_CALLS, 0) + MAX_CALLS;
    assert.deepEqual([callsOf(ticket), takenOf(ticket)], [MAX_CALLS, MAX_CALLS]);
    assert.equal(ticket | 0, ticket, 'it stays an Int32');
  });
});
