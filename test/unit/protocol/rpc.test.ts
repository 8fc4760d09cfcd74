import { strict as assert } from 'node:assert';
import type { Handlers, Progress, RequestContext } from '../../../src/protocol/rpc';
import { CancelledError, DisconnectedError, Endpoint, RemoteError } from '../../../src/protocol/rpc';
import { quiet, transportPair } from './transportPair';

interface Sums {
  add(params: { a: number; b: number }): number;
  fail(params: Record<never, never>): never;
  wait(params: Record<never, never>): string;
  count(params: { to: number }): number;
  buffer(params: { bytes: number }): Uint8Array;
}
type Nothing = Record<never, never>;
interface Events {
  changed: { reason: string };
}

class MultiplyError extends Error {
  override readonly name = 'MultiplyError';
  readonly code = 'ZeroFactor';
}

function connect(overrides: Partial<Handlers<Sums>> = {}) {
  const [near, far, record] = transportPair();
  const server = new Endpoint<Nothing, Sums, Events>(far, {
    add: ({ a, b }) => a + b,
    fail: () => {
      throw new MultiplyError('got 0, expected a factor');
    },
    wait: (_params, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
      ),
    count: ({ to }, context) => {
      for (let done = 1; done <= to; done++) context.progress({ done, total: to });
      return to;
    },
    buffer: ({ bytes }, context) => {
      const result = new Uint8Array(bytes).fill(7);
      context.transfer(result.buffer);
      return result;
    },
    ...overrides,
  });
  const client = new Endpoint<Sums, Nothing, Nothing, Events>(near, {});
  return { client, server, record };
}

describe('an RPC endpoint', () => {
  it('answers a request with what the handler returned', async () => {
    const { client } = connect();
    assert.equal(await client.request('add', { a: 2, b: 3 }), 5);
  });

  it('distinguishes concurrent requests, in whatever order they finish', async () => {
    const finish: (() => void)[] = [];
    const add = async ({ a, b }: { a: number; b: number }): Promise<number> => {
      await new Promise<void>((resolve) => finish.push(resolve));
      return a + b;
    };
    const { client, record } = connect({ add });
    const answers = Promise.all([client.request('add', { a: 9, b: 1 }), client.request('add', { a: 1, b: 1 })]);
    await quiet(record);
    assert.equal(finish.length, 2);
    for (const resolve of finish.reverse()) {
      resolve();
      await quiet(record);
    }
    assert.deepEqual(await answers, [10, 2]);
  });

  it('rejects the caller with the name, message and code the handler threw', async () => {
    const { client } = connect();
    await assert.rejects(client.request('fail', {}), (error: Error) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.name, 'MultiplyError');
      assert.equal(error.message, 'got 0, expected a factor');
      assert.equal(error.code, 'ZeroFactor');
      return true;
    });
  });

  it('rejects a request without a handler, even if every object inherits a method of that name', async () => {
    const { client } = connect();
    await assert.rejects(client.request('toString' as 'add', { a: 1, b: 1 }), /no handler for 'toString'/);
  });

  it('rejects a cancelled request at once and aborts the handler', async () => {
    let context: RequestContext | undefined;
    const { client, record } = connect({ wait: (_params, given) => ((context = given), new Promise(() => {})) });
    const controller = new AbortController();
    const answer = client.request('wait', {}, { signal: controller.signal });
    await quiet(record);
    controller.abort();
    await assert.rejects(answer, CancelledError);
    await quiet(record);
    assert.equal(context?.signal.aborted, true);
  });

  it('hands over a result that was on its way when the request was cancelled', async () => {
    const { client, record } = connect();
    const controller = new AbortController();
    const late: number[] = [];
    const options = { signal: controller.signal, onLate: (sum: number) => late.push(sum) };
    const answer = client.request('add', { a: 2, b: 3 }, options);
    while (!record.messages.some(({ message }) => message.kind === 'reply')) await new Promise(setImmediate);
    controller.abort();
    await assert.rejects(answer, CancelledError);
    await quiet(record);
    assert.deepEqual(late, [5]);
  });

  it('gets one reply to each request, cancelled or not, so that nothing waits for more', async () => {
    const { client, record } = connect();
    const controller = new AbortController();
    const late: string[] = [];
    const options = { signal: controller.signal, onLate: (text: string) => late.push(text) };
    const answer = client.request('wait', {}, options);
    await quiet(record);
    controller.abort();
    await assert.rejects(answer, CancelledError);
    await quiet(record);
    assert.deepEqual(
      record.messages.map(({ message }) => message.kind),
      ['request', 'cancel', 'reply'],
    );
    assert.deepEqual(late, []);
  });

  it('does not send a request whose signal is already aborted', async () => {
    const { client } = connect();
    await assert.rejects(client.request('add', { a: 1, b: 1 }, { signal: AbortSignal.abort() }), CancelledError);
  });

  it('passes progress to the caller', async () => {
    const { client } = connect();
    const seen: Progress[] = [];
    await client.request('count', { to: 3 }, { onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(
      seen.map(({ done }) => done),
      [1, 2, 3],
    );
  });

  it('moves only the buffers that a handler transfers', async () => {
    const { client, record } = connect();
    const result = await client.request('buffer', { bytes: 16 });
    assert.deepEqual([...result], Array(16).fill(7));
    assert.equal(record.transferred.length, 1);
  });

  it('rejects pending requests when it is disposed, and refuses later ones', async () => {
    const { client } = connect();
    const answer = client.request('wait', {});
    client.dispose('the thread died');
    await assert.rejects(
      answer,
      (error: Error) => error instanceof DisconnectedError && error.message === 'the thread died',
    );
    await assert.rejects(client.request('add', { a: 1, b: 1 }), DisconnectedError);
  });

  it('aborts the handlers that still run when their side is disposed', async () => {
    let context: RequestContext | undefined;
    const { client, server, record } = connect({
      wait: (_params, given) => ((context = given), new Promise(() => {})),
    });
    client.request('wait', {}).catch(() => undefined);
    await quiet(record);
    server.dispose();
    assert.equal(context?.signal.aborted, true);
    client.dispose();
  });

  it('delivers events to listeners until they are removed', async () => {
    const { client, server, record } = connect();
    const heard: string[] = [];
    const stop = client.on('changed', ({ reason }) => heard.push(reason));
    server.emit('changed', { reason: 'first' });
    await quiet(record);
    stop();
    server.emit('changed', { reason: 'second' });
    await quiet(record);
    assert.deepEqual(heard, ['first']);
  });

  it('rejects a request whose parameters cannot be cloned, and stays usable', async () => {
    const { client } = connect();
    await assert.rejects(client.request('add', { a: 1, b: (() => 1) as unknown as number }), /could not be cloned/);
    assert.equal(await client.request('add', { a: 1, b: 1 }), 2);
  });
});
