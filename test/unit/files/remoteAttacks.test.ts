import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { isPrivateAddress } from '../../../src/files/addresses';
import { DEFAULT_HTTP } from '../../../src/files/httpRequest';
import type { PrivateRedirect } from '../../../src/files/httpRequest';
import { DEFAULT_RANGES } from '../../../src/files/httpRetry';
import type { RangeOptions } from '../../../src/files/httpRetry';
import { openHttpSource } from '../../../src/files/httpSource';
import { redirectConsent } from '../../../src/files/redirectConsent';
import { remoteFiles } from '../../../src/files/remoteFiles';
import { routedFiles } from '../../../src/files/routedFiles';
import { nodeFiles } from '../../../src/files/nodeFile';
import { fixturePath } from '../checkpoint/fixtures';
import { jobCaller } from '../worker/jobContext';
import { TestServer } from './httpServer';

const OPTIONS: RangeOptions = { ...DEFAULT_HTTP, ...DEFAULT_RANGES, backoffMs: 1 };
/** A test of a deadline takes at least this long. */
const DEADLINE_MS = 300;
/** Interval of the bytes of a server that drips, well below `stallMs`. */
const DRIP_MS = 20;
const content = new Uint8Array(1000).fill(7);

let server: TestServer;
const dripping = new Set<NodeJS.Timeout>();
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  for (const timer of dripping) clearInterval(timer);
  dripping.clear();
  await server.close();
});

function drip(write: () => void): void {
  dripping.add(setInterval(write, DRIP_MS));
}

const open = (url: string, options: Partial<RangeOptions> = {}): ReturnType<typeof openHttpSource> =>
  openHttpSource(url, { ...OPTIONS, ...options });

describe('good weights beside a bad config on a server', () => {
  const json = readFileSync(fixturePath('peft_saved', 'lora', 'adapter_config.json'));
  const answers: readonly (readonly [name: string, reply: (response: ServerResponse) => void, problem: RegExp])[] = [
    ['an error of the server', (response) => response.writeHead(500).end(), /answers 500, 4 times/],
    ['no permission', (response) => response.writeHead(403).end(), /answers 403/],
    ['no account', (response) => response.writeHead(401).end(), /answers 401/],
    ['an odd status', (response) => response.writeHead(418).end(), /answers 418/],
    [
      'a compressed body',
      (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(json)),
      /compressed \('gzip'\)/,
    ],
    ['a body that breaks off', (response) => void response.writeHead(200, { 'content-length': 99 }).destroy(), /./],
    ['a redirect in a circle', (response) => response.writeHead(302, { location: '' }).end(), /redirects more than/],
    ['a body that drips', (response) => drip(() => response.write(' ')), /sent \d+ bytes within/],
    ['headers that drip', (response) => drip(() => response.socket?.write('x')), /sent 0 bytes within|Parse Error/],
    ['no reply', () => undefined, /no answer|sent 0 bytes within/],
    ['a page', (response) => response.writeHead(200).end('<!doctype html>'), /JSON/],
    ['a body over the limit', (response) => response.writeHead(200, { 'content-length': 11 << 20 }).end(), /exceed/],
  ];
  for (const [name, reply, problem] of answers)
    it(`are shown, with a problem: ${name}`, async () => {
      const weights = readFileSync(fixturePath('peft_saved', 'lora', 'adapter_model.safetensors'));
      const url = server.serve('/lora/adapter_model.safetensors', weights);
      server.on('/lora/adapter_config.json', (_, response) => reply(response));
      const remote = remoteFiles({ ...OPTIONS, stallMs: DEADLINE_MS, deadlineMs: 2 * DEADLINE_MS });
      const call = jobCaller(routedFiles(nodeFiles, () => ({ remote, editor: remote })));
      const { description } = await call('checkpoint/open', { path: url });
      assert.ok(description.lora.length > 0);
      const messages = description.problems.map(({ message }) => message);
      assert.match(messages.find((message) => message.startsWith('adapter_config.json is not used')) ?? '', problem);
      await call.closeAll();
    });
});

describe('a read from a server', () => {
  const quick = { deadlineMs: DEADLINE_MS, leastBytesPerSecond: 1 << 20 };

  it('is given up when bytes drip, though the server never stalls', async () => {
    const url = server.on('/a', (_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-999/1000', 'content-length': 1000 });
      drip(() => response.write('x'));
    });
    await assert.rejects(open(url, quick), { code: 'Network', message: /sent \d+ bytes within \d+ s/ });
  });

  it('is given up when later ranges drip', async () => {
    const large = new Uint8Array(2 ** 20);
    let drips = false;
    const url = server.on('/a', (request, response) => {
      if (!drips) return server.sendRange(request, response, large);
      response.writeHead(206, { 'content-range': `bytes 524288-786431/${2 ** 20}`, 'content-length': 262144 });
      drip(() => response.write('x'));
    });
    const { source } = await open(url, quick);
    drips = true;
    await assert.rejects(source.read(2 ** 19, 10), { code: 'Network', message: /sent \d+ bytes within/ });
    await source.close();
  });

  it('lasts as long as bytes come at the least rate', async () => {
    // Long enough for the first byte on a busy machine.
    const deadlineMs = 1000;
    let sent = 0;
    const url = server.on('/a', (_, response) => {
      response.writeHead(200);
      const started = performance.now();
      drip(() => {
        if (response.writableEnded) return;
        response.write('x');
        sent++;
        if (performance.now() - started > 1.5 * deadlineMs) response.end();
      });
    });
    const { source } = await open(url, { deadlineMs, leastBytesPerSecond: 1 });
    assert.equal(source.size, sent);
  });
});

describe('user names and passwords in a redirect', () => {
  it('are not sent', async () => {
    server.serve('/stored', content);
    const location = server.origin.replace('http://', 'http://user:secret@');
    const url = server.on('/a', (_, response) => response.writeHead(302, { location: `${location}/stored` }).end());
    const { source } = await open(url);
    await source.read(0, 10);
    await source.close();
    assert.deepEqual(
      server.asked.map(({ path, headers }) => [path, headers.authorization]),
      [
        ['/a', undefined],
        ['/stored', undefined],
      ],
    );
  });
});

describe('a redirect to a private address', () => {
  /** The first server counts as public in these tests, and one on another address of this machine as private. */
  const PRIVATE = '127.0.0.2';
  const isPrivate = (address: string): boolean => address === PRIVATE;

  /** Serves `content` on the private address. Skips the test where the system has one address only. */
  async function privateServer(context: Mocha.Context): Promise<{ url: string; asked: string[]; close(): void }> {
    const asked: string[] = [];
    const inner = createServer((request, response) => {
      asked.push(request.url ?? '');
      server.sendRange(request, response, content);
    });
    const listening = await new Promise<boolean>((resolve) => {
      inner.once('error', () => resolve(false));
      inner.listen(0, PRIVATE, () => resolve(true));
    });
    if (!listening) context.skip();
    const { port } = inner.address() as AddressInfo;
    return { url: `http://${PRIVATE}:${port}/a`, asked, close: () => inner.close() };
  }

  it('is followed from a public one only with consent, and no request is sent before', async function () {
    const inner = await privateServer(this);
    try {
      const url = server.on('/a', (_, response) => response.writeHead(302, { location: inner.url }).end());
      const questions: PrivateRedirect[] = [];
      const ask = (reply: boolean) => async (redirect: PrivateRedirect) => (questions.push(redirect), reply);
      await assert.rejects(open(url, { isPrivate, allowPrivate: ask(false) }), {
        code: 'Network',
        message: /redirects to 127\.0\.0\.2:\d+, which is on this machine or its network.*was not followed/,
      });
      assert.deepEqual(inner.asked, []);
      const to = new URL(inner.url).host;
      assert.deepEqual(questions, [{ from: new URL(server.origin).host, to, address: PRIVATE }]);
      const { source } = await open(url, { isPrivate, allowPrivate: ask(true) });
      assert.equal(source.size, content.length);
      await source.close();
    } finally {
      inner.close();
    }
  });

  it('is refused where nobody can be asked', async function () {
    const inner = await privateServer(this);
    try {
      const url = server.on('/a', (_, response) => response.writeHead(302, { location: inner.url }).end());
      await assert.rejects(open(url, { isPrivate }), { code: 'Network', message: /was not followed/ });
    } finally {
      inner.close();
    }
  });

  it('needs no consent if the user typed it, or another private one that leads there', async function () {
    const inner = await privateServer(this);
    try {
      const { source } = await open(inner.url, { isPrivate });
      await source.close();
      const url = server.on('/a', (_, response) => response.writeHead(302, { location: inner.url }).end());
      const local = await open(url);
      await local.source.close();
      assert.equal(inner.asked.length, 2);
    } finally {
      inner.close();
    }
  });

  it('may take the user longer than the deadline to reply to', async function () {
    const inner = await privateServer(this);
    try {
      const url = server.on('/a', (_, response) => response.writeHead(302, { location: inner.url }).end());
      const later = (): Promise<boolean> => new Promise((resolve) => setTimeout(resolve, 2 * DEADLINE_MS, true));
      const { source } = await open(url, { isPrivate, allowPrivate: later, deadlineMs: DEADLINE_MS });
      await source.close();
    } finally {
      inner.close();
    }
  });

  it('is asked about once while consent lasts, and again after a refusal', async () => {
    let reply = false;
    let asked = 0;
    const consent = redirectConsent(async () => (asked++, reply));
    const redirect = { from: 'a', to: 'b', address: PRIVATE };
    assert.deepEqual(await Promise.all([consent(redirect), consent(redirect)]), [false, false]);
    await new Promise(setImmediate);
    reply = true;
    assert.equal(await consent(redirect), true);
    await new Promise(setImmediate);
    assert.equal(await consent(redirect), true);
    assert.equal(asked, 2);
    await consent({ ...redirect, to: 'c' });
    assert.equal(asked, 3);
  });
});

describe('private addresses', () => {
  it('are those of this machine, of local networks and of clouds', () => {
    for (const address of [
      ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
      ...['169.254.169.254', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
      ...['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', 'fc00::1', 'ff02::1'],
      ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:7f00:1', '::7f00:1', 'fec0::1'],
    ])
      assert.ok(isPrivateAddress(address), address);
  });

  it('are not those of the Internet', () => {
    for (const address of ['1.1.1.1', '172.32.0.1', '192.169.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])
      assert.ok(!isPrivateAddress(address), address);
    assert.ok(!isPrivateAddress('localhost'));
  });
});
