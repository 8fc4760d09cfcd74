import { strict as assert } from 'node:assert';
import { gzipSync } from 'node:zlib';
import { DEFAULT_RANGES } from '../../../src/files/httpRetry';
import type { RangeOptions } from '../../../src/files/httpRetry';
import { DEFAULT_HTTP } from '../../../src/files/httpRequest';
import { BLOCK_BYTES, openHttpSource } from '../../../src/files/httpSource';
import { remoteFiles } from '../../../src/files/remoteFiles';
import { TestServer } from './httpServer';

/** Retries follow at once. Servers that answer get as much time as a busy machine needs. */
const OPTIONS: RangeOptions = { ...DEFAULT_HTTP, ...DEFAULT_RANGES, backoffMs: 1 };
/** A test of a stall takes at least this long. */
const STALL_MS = 150;
const SIZE = 6 * BLOCK_BYTES + 1000;
const content = Uint8Array.from({ length: SIZE }, (_, i) => (i * 2654435761) >>> 24);
const part = (begin: number, length: number): Buffer => Buffer.from(content.subarray(begin, begin + length));

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server.close());

const open = (url: string, options: Partial<RangeOptions> = {}): ReturnType<typeof openHttpSource> =>
  openHttpSource(url, { ...OPTIONS, ...options });

async function assertReads(url: string, begin: number, length: number): Promise<void> {
  const { source } = await open(url);
  assert.equal(source.size, SIZE);
  assert.ok(part(begin, length).equals(await source.read(begin, length)));
  await source.close();
}

describe('a file on a server that supports ranges', () => {
  it('is read in any range, and only in the requested blocks', async () => {
    const url = server.serve('/a', content, { etag: '"1"', 'last-modified': 'Mon, 02 Nov 2026 00:00:00 GMT' });
    const { source, modified } = await open(url);
    assert.equal(modified, Date.UTC(2026, 10, 2));
    for (const [begin, length] of [
      [0, 0],
      [5, 10],
      [SIZE - 1, 1],
      [3 * BLOCK_BYTES - 1, 2],
      [0, SIZE],
      [SIZE, 0],
    ] as const) {
      assert.ok(part(begin, length).equals(await source.read(begin, length)), `${begin} ${length}`);
    }
    assert.equal(server.bytesSent, SIZE);
    await assert.rejects(source.read(SIZE, 1), { code: 'InvalidRange' });
    await source.close();
  });

  it('is read with one request for neighbouring blocks, and no block twice', async () => {
    const { source } = await open(server.serve('/a', content));
    await Promise.all([
      source.read(BLOCK_BYTES, 3 * BLOCK_BYTES),
      source.read(2 * BLOCK_BYTES, 10),
      source.read(BLOCK_BYTES, 10),
    ]);
    await source.read(BLOCK_BYTES, 3 * BLOCK_BYTES);
    assert.deepEqual(
      server.asked.map(({ range }) => range),
      [`bytes=0-${BLOCK_BYTES - 1}`, `bytes=${BLOCK_BYTES}-${4 * BLOCK_BYTES - 1}`],
    );
    await source.close();
  });

  it('is read ahead if it is read sequentially', async () => {
    const { source } = await open(server.serve('/a', content));
    for (let block = 0; block < 4; block++) await source.read(block * BLOCK_BYTES, BLOCK_BYTES);
    const ahead = `bytes=${4 * BLOCK_BYTES}-${5 * BLOCK_BYTES - 1}`;
    await source.read(4 * BLOCK_BYTES, BLOCK_BYTES);
    assert.equal(server.asked.filter(({ range }) => range === ahead).length, 1);
    await source.close();
  });

  it('has no bytes if it is empty', async () => {
    const { source } = await open(server.serve('/a', new Uint8Array()));
    assert.equal(source.size, 0);
    assert.equal((await source.read(0, 0)).length, 0);
  });

  it('continues at the byte where the connection ended', async () => {
    const url = server.on('/a', (request, response, count) => {
      if (count % 2 === 0) return server.sendRange(request, response, content);
      const begin = Number(/=(\d+)/.exec(request.headers.range!)![1]);
      const end = Number(/-(\d+)/.exec(request.headers.range!)![1]) + 1;
      response.writeHead(206, { 'content-range': `bytes ${begin}-${end - 1}/${SIZE}`, 'content-length': end - begin });
      response.write(content.subarray(begin, begin + 1000), () => response.destroy());
    });
    const { source } = await open(url);
    assert.ok(part(BLOCK_BYTES, 5000).equals(await source.read(BLOCK_BYTES, 5000)));
    assert.equal(server.asked[2]!.range, `bytes=${BLOCK_BYTES + 1000}-${2 * BLOCK_BYTES - 1}`);
    await source.close();
  });

  it('is requested again after 429 and 5xx, a limited number of times', async () => {
    const url = server.on('/a', (request, response, count) => {
      if (count < 2) response.writeHead(count === 0 ? 503 : 429, { 'retry-after': '0' }).end();
      else server.sendRange(request, response, content);
    });
    await assertReads(url, 10, 20);
    await assert.rejects(open(server.on('/b', (_, response) => response.writeHead(502).end())), {
      name: 'CheckpointError',
      code: 'Network',
      message: /127\.0\.0\.1:\d+: answers 502, 4 times/,
    });
    await assert.rejects(
      open(server.on('/c', (_, response) => response.writeHead(429, { 'retry-after': '86400' }).end())),
      {
        code: 'Network',
      },
    );
    assert.equal(server.asked.filter(({ path }) => path === '/c').length, 1);
  });

  it('rejects a cancelled read at once and continues the others', async () => {
    let release = (): void => undefined;
    const url = server.on('/a', (request, response, count) => {
      if (count === 0) server.sendRange(request, response, content);
      else release = () => server.sendRange(request, response, content);
    });
    const { source } = await open(url);
    const controller = new AbortController();
    const [first, second] = [source.read(BLOCK_BYTES, 10, controller.signal), source.read(BLOCK_BYTES + 5, 10)];
    controller.abort(new Error('stop'));
    await assert.rejects(first, /stop/);
    while (server.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    release();
    assert.ok(part(BLOCK_BYTES + 5, 10).equals(await second));
    const alone = new AbortController();
    const third = source.read(4 * BLOCK_BYTES, 10, alone.signal);
    alone.abort(new Error('stop'));
    await assert.rejects(third, /stop/);
    await source.close();
  });
});

describe('a file on a server without ranges', () => {
  it('is read whole if it is small', async () => {
    const url = server.on('/a', (_, response) => response.writeHead(200, { 'content-length': SIZE }).end(content));
    await assertReads(url, 3, 100);
    await assertReads(
      server.on('/b', (_, response) => response.writeHead(200).end(content)),
      SIZE - 10,
      10,
    );
    assert.equal(server.asked.length, 2);
  });

  it('is refused if it is large, as soon as its size is known', async () => {
    const stated = server.on('/a', (_, response) => response.writeHead(200, { 'content-length': SIZE }).end(content));
    const unstated = server.on('/b', (_, response) => response.writeHead(200).end(content));
    for (const url of [stated, unstated]) {
      await assert.rejects(open(url, { maxWholeBytes: SIZE - 1 }), {
        code: 'TooLarge',
        message: /only whole.*Download it/,
      });
    }
  });

  it('is refused if it ends too early', async () => {
    const url = server.on('/a', (_, response) => {
      response.writeHead(200, { 'content-length': SIZE });
      response.write(content.subarray(0, 5000), () => response.destroy());
    });
    await assert.rejects(open(url), { code: 'Network' });
  });
});

describe('a server that stalls', () => {
  it('is reported within the time limit, before an answer or in the middle of a body', async () => {
    const silent = server.on('/a', () => undefined);
    await assert.rejects(open(silent, { attempts: 2, stallMs: STALL_MS }), {
      code: 'Network',
      message: /no answer for 0\.15 s, 2 times/,
    });
    assert.equal(server.asked.length, 2);
    const halting = server.on('/b', (_, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-${BLOCK_BYTES - 1}/${SIZE}`, 'content-length': BLOCK_BYTES });
      response.write(content.subarray(0, 100));
    });
    await assert.rejects(open(halting, { attempts: 1, stallMs: STALL_MS }), {
      code: 'Network',
      message: /no answer|aborted/,
    });
  });
});

describe('a server that contradicts itself', () => {
  const answer = (range: string, body: number, length = body): Promise<unknown> => {
    const url = server.on('/a', (_, response) => {
      response
        .writeHead(206, { 'content-range': range, ...(length >= 0 && { 'content-length': length }) })
        .end(content.subarray(0, body));
    });
    return open(url, { attempts: 2 });
  };

  it('is refused if it sends another range at opening', async () => {
    for (const [range, body] of [
      [`bytes 1-${BLOCK_BYTES}/${SIZE}`, BLOCK_BYTES],
      [`bytes 0-${SIZE - 1}/${SIZE}`, SIZE],
      [`bytes 0-${BLOCK_BYTES - 1}/*`, BLOCK_BYTES],
      [`bytes 0-${BLOCK_BYTES - 1}/1000`, BLOCK_BYTES],
      ['bytes 0-99/99999999999999999999', 100],
      ['0-99/100', 100],
    ] as const) {
      await assert.rejects(answer(range, body), { code: 'Network', message: /sends '/ }, range);
    }
    await assert.rejects(answer(`bytes 0-${BLOCK_BYTES - 1}/${SIZE}`, BLOCK_BYTES - 1), {
      code: 'Network',
      message: /sent \d+ of \d+/,
    });
    await assert.rejects(answer(`bytes 0-99/100`, 200), {
      code: 'Network',
      message: /announced 100 bytes and sends more/,
    });
  });

  it('is reported without waiting if it announced a longer file than it has', async () => {
    const url = server.on('/a', (request, response, count) => {
      if (count === 0) {
        const range = `bytes 0-${BLOCK_BYTES - 1}/${2 ** 40}`;
        return void response.writeHead(206, { 'content-range': range }).end(content.subarray(0, BLOCK_BYTES));
      }
      server.sendRange(request, response, content);
    });
    const { source } = await open(url);
    assert.equal(source.size, 2 ** 40);
    await assert.rejects(source.read(2 ** 39, 10), { code: 'Changed' });
    await source.close();
  });

  it('is reported if it sends the file compressed', async () => {
    for (const status of [200, 206]) {
      const headers = { 'content-encoding': 'gzip', 'content-range': `bytes 0-99/${SIZE}` };
      const url = server.on('/a', (_, response) => response.writeHead(status, headers).end(gzipSync(content)));
      await assert.rejects(open(url), { code: 'Network', message: /compressed \('gzip'\)/ });
    }
    assert.ok(server.asked.every(({ headers }) => headers['accept-encoding'] === 'identity'));
  });

  it('is reported if it later ignores ranges', async () => {
    const url = server.on('/a', (request, response, count) => {
      if (count === 0) server.sendRange(request, response, content);
      else response.writeHead(200, { 'content-length': SIZE }).end(content);
    });
    const { source } = await open(url);
    await assert.rejects(source.read(BLOCK_BYTES, 1), { code: 'Network', message: /no longer serves ranges/ });
    await source.close();
  });
});

describe('a file that changes on its server', () => {
  const other = Uint8Array.from(content, (byte) => byte ^ 1);
  for (const [how, before, after, bytes] of [
    ['ETag', { etag: '"1"' }, { etag: '"2"' }, other],
    ['weak ETag', { etag: 'W/"1"' }, { etag: 'W/"2"' }, other],
    [
      'time of change',
      { 'last-modified': 'Mon, 02 Nov 2026 00:00:00 GMT' },
      { 'last-modified': 'Tue, 03 Nov 2026 00:00:00 GMT' },
      other,
    ],
    ['length alone', {}, {}, other.subarray(0, SIZE - 1)],
  ] as const) {
    it(`is noticed by its ${how}, and no new bytes are mixed with old ones`, async () => {
      const url = server.on('/a', (request, response, count) => {
        if (count === 0) server.sendRange(request, response, content, before);
        else server.sendRange(request, response, bytes, after);
      });
      const { source } = await open(url);
      await assert.rejects(source.read(BLOCK_BYTES, 10), {
        name: 'CheckpointError',
        code: 'Changed',
        message: /Reload/,
      });
      assert.ok(part(10, 10).equals(await source.read(10, 10)));
      await source.close();
    });
  }
});

describe('redirects', () => {
  it('are followed, cached, and requested again when their target has expired', async () => {
    let signature = 1;
    server.on('/start', (_, response) => response.writeHead(302, { location: `/signed${signature}` }).end());
    for (const path of ['/signed1', '/signed2']) {
      server.on(path, (request, response) => {
        if (path === `/signed${signature}`) server.sendRange(request, response, content);
        else response.writeHead(403).end();
      });
    }
    const { source } = await open(`${server.origin}/start`);
    await source.read(BLOCK_BYTES, 1);
    signature = 2;
    assert.ok(part(2 * BLOCK_BYTES, 9).equals(await source.read(2 * BLOCK_BYTES, 9)));
    assert.deepEqual(
      server.asked.map(({ path }) => path),
      ['/start', '/signed1', '/signed1', '/signed1', '/start', '/signed2'],
    );
    await source.close();
  });

  it('are not followed in a loop or to a scheme other than http and https', async () => {
    const round = server.on('/a', (_, response) => response.writeHead(302, { location: '/a' }).end());
    await assert.rejects(open(round), { code: 'Network', message: /redirects more than 5 times/ });
    for (const location of ['file:///etc/passwd', 'ftp://127.0.0.1/a', 'data:text/plain,x', 'http://[']) {
      const url = server.on('/b', (_, response) => response.writeHead(302, { location }).end());
      await assert.rejects(open(url), { code: 'Network', message: /redirects to/ }, location);
    }
  });
});

describe('a token', () => {
  it('is sent to its own origin, and not to another one after a redirect', async () => {
    const storage = await TestServer.start();
    try {
      const stored = storage.serve('/blob', content);
      const url = server.on('/owner/file', (_, response) =>
        response.writeHead(302, { location: '/renamed/file' }).end(),
      );
      server.on('/renamed/file', (_, response) => response.writeHead(302, { location: stored }).end());
      const { source } = await open(url, { tokenOrigin: server.origin, token: async () => 'secret' });
      await source.read(BLOCK_BYTES, 1);
      await source.close();
      assert.deepEqual(
        server.asked.map(({ headers }) => headers.authorization),
        ['Bearer secret', 'Bearer secret'],
      );
      assert.ok(
        storage.asked.length === 2 && storage.asked.every(({ headers }) => headers.authorization === undefined),
      );
    } finally {
      await storage.close();
    }
  });

  it('is not requested for other servers', async () => {
    const token = async (): Promise<string> => assert.fail('asked for');
    const { source } = await open(server.serve('/a', content), { token });
    await source.close();
  });
});

describe('an answer other than the file', () => {
  it('is reported in a sentence that users understand', async () => {
    for (const [status, headers, hub, code, message] of [
      [401, {}, false, 'Unreadable', /answers 401: it requires a permission/],
      [403, {}, true, 'Unreadable', /Set Hugging Face Token/],
      [
        401,
        { 'x-error-message': 'Access to model x is restricted\u0085' },
        true,
        'Unreadable',
        /It says: 'Access to model x/,
      ],
      [404, {}, false, 'Unreadable', /no such file, repository or revision/],
      [418, {}, false, 'Network', /answers 418, expected the file/],
      [204, {}, false, 'Network', /answers 204/],
    ] as const) {
      const url = server.on('/a', (_, response) => response.writeHead(status, headers).end());
      await assert.rejects(open(url, hub ? { tokenOrigin: server.origin } : {}), {
        name: 'CheckpointError',
        code,
        message,
      });
    }
    assert.equal(server.asked.length, 6);
    const { origin } = server;
    await server.close();
    await assert.rejects(open(`${origin}/a`), { code: 'Network', message: /nothing answers there/ });
    server = await TestServer.start();
  });
});

describe('files in the same folder on a server', () => {
  it('are read up to a limit, and are null if they do not exist', async () => {
    const files = remoteFiles(OPTIONS);
    const location = server.serve('/lora one/a.safetensors', content);
    server.serve('/lora%20one/adapter_config.json', Buffer.from('{"r":4}'));
    assert.equal(await files.readBeside(location, 'adapter_config.json', 100), '{"r":4}');
    await assert.rejects(files.readBeside(location, 'adapter_config.json', 6), { code: 'TooLarge' });
    assert.equal(await files.readBeside(location, 'missing.json', 100), null);
    assert.equal(await files.namesBeside(location), null);
    server.on('/lora%20one/broken.json', (_, response) => response.writeHead(500).end());
    await assert.rejects(files.readBeside(location, 'broken.json', 100), { code: 'Network' });
  });
});
