import { strict as assert } from 'node:assert';
import {
  isHubToken,
  isRemote,
  normaliseRemote,
  remoteBeside,
  remoteNames,
  remoteUrl,
} from '../../../src/checkpoint/remoteLocation';

const HUB = 'https://huggingface.co';

describe('the address of a file on a server', () => {
  it('resolves on the Hub as in huggingface_hub', () => {
    for (const [location, url] of [
      ['hf://owner/repo/adapter_model.safetensors', '/owner/repo/resolve/main/adapter_model.safetensors'],
      ['hf://models/owner/repo/a.safetensors', '/owner/repo/resolve/main/a.safetensors'],
      ['hf://datasets/owner/repo/a.safetensors', '/datasets/owner/repo/resolve/main/a.safetensors'],
      ['hf://spaces/owner/repo/a.safetensors', '/spaces/owner/repo/resolve/main/a.safetensors'],
      ['hf://owner/repo@v1.0/deep/er/a b#1?.safetensors', '/owner/repo/resolve/v1.0/deep/er/a%20b%231%3F.safetensors'],
      ['hf://owner/repo@refs/pr/12/a.safetensors', '/owner/repo/resolve/refs%2Fpr%2F12/a.safetensors'],
      ['hf://owner/repo@refs%2Fpr%2F12/a.safetensors', '/owner/repo/resolve/refs%2Fpr%2F12/a.safetensors'],
      [
        'hf://owner/repo@refs/convert/parquet/x/a.safetensors',
        '/owner/repo/resolve/refs%2Fconvert%2Fparquet/x/a.safetensors',
      ],
      ['hf://owner/repo@feature%2Fx/a.safetensors', '/owner/repo/resolve/feature%2Fx/a.safetensors'],
      ['hf://owner/repo@main/100%.safetensors', '/owner/repo/resolve/main/100%25.safetensors'],
    ] as const) {
      assert.equal(remoteUrl(location), HUB + url, location);
      assert.equal(remoteUrl(normaliseRemote(location)), HUB + url, `${location} normalised`);
    }
  });

  it('can be copied from a page of the Hub', () => {
    for (const [link, location] of [
      [`${HUB}/owner/repo/blob/main/adapter_model.safetensors`, 'hf://owner/repo/adapter_model.safetensors'],
      [`${HUB}/owner/repo/resolve/main/a.safetensors?download=true`, 'hf://owner/repo/a.safetensors'],
      [`${HUB}/owner/repo/raw/abc123/x/a%20b.safetensors#L1`, 'hf://owner/repo@abc123/x/a b.safetensors'],
      [
        `${HUB}/datasets/owner/repo/blob/refs%2Fpr%2F1/a.safetensors`,
        'hf://datasets/owner/repo@refs/pr/1/a.safetensors',
      ],
      ['https://hf.co/owner/repo/blob/feature%2Fx/a.safetensors', 'hf://owner/repo@feature%2Fx/a.safetensors'],
      [' hf://owner/repo@main/a.safetensors ', 'hf://owner/repo/a.safetensors'],
      ['HTTPS://Example.ORG/a/../b.safetensors?x=1#y', 'https://example.org/b.safetensors?x=1'],
      ['http://127.0.0.1:8000/a.safetensors', 'http://127.0.0.1:8000/a.safetensors'],
    ] as const) {
      assert.equal(normaliseRemote(link), location);
      assert.equal(normaliseRemote(location), location);
    }
  });

  it('is refused with the reason if it is invalid', () => {
    for (const [text, message] of [
      ['hf://owner/repo', /name a file of owner\/repo/],
      ['hf://owner/repo/', /name a file of owner\/repo/],
      [`${HUB}/owner/repo`, /name a file of owner\/repo/],
      ['hf://gpt2', /owner\/repo/],
      ['hf:owner/repo/a', /expected hf:\/\/owner/],
      ['hf://../repo/a', /not owner\/repo/],
      ['hf://owner/repo/../../x/resolve/main/a', /not followed/],
      ['hf://owner/repo/a//b', /not followed/],
      ['hf://owner/repo@/a', /not a revision/],
      ['hf://owner/repo@..%2F..%2Fx/a', /not a revision/],
      ['hf://owner/repo@a%0d%0ab/a', /not a revision/],
      ['hf://owner/re po/a', /not owner\/repo/],
      ['https://user:secret@example.org/a', /user name or password/],
      ['https://example.org/', /name the file/],
      ['https://', /not an address/],
      ['ftp://example.org/a', /not http, https or hf/],
      ['file:///etc/passwd', /not http, https or hf/],
      ['/etc/passwd', /not an address/],
      [`https://example.org/${'a'.repeat(9000)}`, /too long/],
    ] as const) {
      assert.throws(() => normaliseRemote(text), { name: 'CheckpointError', code: 'Unreadable', message }, text);
    }
  });

  it('is distinguished from a path', () => {
    for (const text of ['hf://a/b/c', 'https://x/y', ' HTTP://x/y']) assert.ok(isRemote(text), text);
    for (const text of ['/https://x', 'C:\\hf', 'hf', 'vscode-vfs://github/a/b', 'git:/a'])
      assert.ok(!isRemote(text), text);
  });

  it('has a name and a folder', () => {
    assert.deepEqual(remoteNames('hf://owner/repo/a.safetensors'), { name: 'a.safetensors', folder: 'owner/repo' });
    assert.deepEqual(remoteNames('hf://owner/repo@x/step 1/a.safetensors'), {
      name: 'a.safetensors',
      folder: 'step 1',
    });
    assert.deepEqual(remoteNames('https://example.org/lora%20one/a.safetensors?x=y/z'), {
      name: 'a.safetensors',
      folder: 'lora one',
    });
    assert.deepEqual(remoteNames('https://example.org/a.safetensors'), {
      name: 'a.safetensors',
      folder: 'example.org',
    });
  });

  it('leads only to files in the same folder', () => {
    assert.equal(
      remoteBeside('hf://o/r@refs/pr/1/x/a.safetensors', 'adapter_config.json'),
      'hf://o/r@refs/pr/1/x/adapter_config.json',
    );
    assert.equal(remoteBeside('hf://o/r/a.safetensors', 's/b.safetensors'), 'hf://o/r/s/b.safetensors');
    assert.equal(
      remoteBeside('https://h/x/a.safetensors?key=1', 'b #?.safetensors'),
      'https://h/x/b%20%23%3F.safetensors',
    );
    for (const name of ['../b', '/b', '//evil.org/b', 'https://evil.org/b', '..%2fb/..', '']) {
      assert.throws(() => remoteBeside('https://h/x/a.safetensors', name), { code: 'Unreadable' }, name);
    }
    assert.equal(remoteBeside('https://h/x/a.safetensors', '%2e%2e'), 'https://h/x/%252e%252e');
  });
});

describe('a token for the Hub', () => {
  it('consists of characters that a header can hold', () => {
    for (const token of ['hf_abcDEF123', 'x.y-z~']) assert.ok(isHubToken(token));
    for (const token of ['', 'a b', 'a\r\nHost: evil', 'é', '\u007f', 'a'.repeat(513)])
      assert.ok(!isHubToken(token), token);
  });
});
