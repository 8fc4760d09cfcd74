import { strict as assert } from 'node:assert';
import type { Message } from '../../../src/protocol/rpc';
import { InspectorClient } from '../../../webview-ui/inspector/data/inspectorClient';

/** A host that answers only when the test tells it to, with the number of the answer as the result. */
function heldHost() {
  const requests: Extract<Message, { kind: 'request' }>[] = [];
  let deliver: (message: Message) => void = () => {};
  return {
    requests,
    transport: {
      post: (message: Message) => void (message.kind === 'request' && requests.push(message)),
      listen: (handler: (message: Message) => void) => {
        deliver = handler;
        return () => {};
      },
    },
    answer: (index: number) => {
      const request = requests[index];
      assert.ok(request, `no request ${index}`);
      deliver({ kind: 'reply', id: request.id, result: { answer: index } });
    },
  };
}

const MATRIX = { kind: 'tensor', name: 'w' } as const;

describe("the inspector's client", () => {
  const questions = {
    statistics: (client: InspectorClient) => client.statistics(MATRIX),
    spectrum: (client: InspectorClient) => client.spectrum('layers.0.q', undefined),
    metrics: (client: InspectorClient) => client.metrics(),
  };

  for (const [name, ask] of Object.entries(questions)) {
    it(`asks for ${name} once`, async () => {
      const host = heldHost();
      const client = new InspectorClient(host.transport);
      const first = ask(client);
      host.answer(0);
      assert.deepEqual(await first, { answer: 0 });
      assert.deepEqual(await ask(client), { answer: 0 });
      assert.equal(host.requests.length, 1);
    });

    it(`asks for ${name} again if the file was reloaded before the answer came`, async () => {
      const host = heldHost();
      const client = new InspectorClient(host.transport);
      const late = ask(client);
      void client.reload();
      host.answer(0);
      assert.deepEqual(await late, { answer: 0 });
      const again = ask(client);
      host.answer(2);
      assert.deepEqual(await again, { answer: 2 });
    });
  }
});
