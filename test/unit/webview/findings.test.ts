import { strict as assert } from 'node:assert';
import type { FindingsReport, WeightsFinding } from '../../../src/protocol/findings';
import { CancelledError } from '../../../src/protocol/rpc';
import type { RequestOptions } from '../../../src/protocol/rpc';
import type { SourceDescription } from '../../../src/protocol/source';
import { findingPlaces } from '../../../webview-ui/inspector/data/findingPlaces';
import { findingsMarkdown } from '../../../webview-ui/inspector/data/findingsMarkdown';
import { countsText, FindingsStore, MAX_UNASKED_BYTES } from '../../../webview-ui/inspector/data/findingsStore';
import { descriptionOf, moduleInfo } from '../findings/evidenceFixtures';

function finding(changes: Partial<WeightsFinding<string>> = {}): WeightsFinding<string> {
  const base = { code: 'dead_B', level: 'error', modules: ['layers.0.q_proj'], tensors: [], value: 1 } as const;
  return { ...base, heuristic: false, what: 'What.', why: 'Why.', action: 'Do.', ...changes };
}

function report(findings: readonly WeightsFinding<string>[], read: 'header' | 'all' = 'all'): FindingsReport<string> {
  return { findings, read, scanned: { tensors: 2, values: 1200 }, notCovered: ['The base model.'] };
}

const described = (bytes: number, path = '/models/adapter_model.safetensors'): SourceDescription => {
  const info = moduleInfo();
  return descriptionOf([info], {
    tensors: [{ name: info.a, dtype: 'F32', shape: [4, 16], bytes: 256, readable: true }],
    file: { path, bytes, modified: 0, format: 'safetensors', headerBytes: 8, metadata: [] },
  });
};

describe('the findings of a page', () => {
  it('come from the header first, and offer to read the values of a large file', async () => {
    const asked: boolean[] = [];
    const read = (values: boolean): Promise<FindingsReport<string>> => {
      asked.push(values);
      return Promise.resolve(report([finding()], values ? 'all' : 'header'));
    };
    const store = new FindingsStore(read, described(MAX_UNASKED_BYTES + 1));
    await store.start();
    assert.deepEqual([asked, store.stage, store.report?.read], [[false], 'offered', 'header']);
    await store.readValues();
    assert.deepEqual([asked, store.stage, store.report?.read], [[false, true], 'done', 'all']);
  });

  it('do not read a file on a server unasked, whatever its size', async () => {
    const store = new FindingsStore(
      () => Promise.resolve(report([])),
      described(10, 'https://example.com/a.safetensors'),
    );
    await store.start();
    assert.equal(store.stage, 'offered');
    const local = new FindingsStore(() => Promise.resolve(report([])), described(10, 'C:\\models\\a.safetensors'));
    await local.start();
    assert.equal(local.stage, 'header', 'the values follow without a question');
    local.dispose();
  });

  it('keep the report on the header when reading is cancelled or fails', async () => {
    const read = (values: boolean, { signal }: RequestOptions): Promise<FindingsReport<string>> => {
      if (!values) return Promise.resolve(report([], 'header'));
      return new Promise((_, reject) =>
        signal!.addEventListener('abort', () => reject(new CancelledError()), { once: true }),
      );
    };
    const store = new FindingsStore(read, described(MAX_UNASKED_BYTES + 1));
    await store.start();
    const reading = store.readValues();
    assert.equal(store.stage, 'reading');
    store.cancel();
    await reading;
    assert.deepEqual([store.stage, store.report?.read], ['cancelled', 'header']);
    const failing = new FindingsStore(() => Promise.reject(new Error('gone')), described(1));
    await failing.start();
    assert.deepEqual([failing.stage, failing.failure], ['failed', 'gone']);
  });

  it('tell the worst finding about a module', async () => {
    const findings = [finding(), finding({ code: 'norm_outlier', level: 'info', modules: ['layers.0.q_proj', 'x'] })];
    const store = new FindingsStore(() => Promise.resolve(report(findings)), described(MAX_UNASKED_BYTES + 1));
    await store.start();
    assert.deepEqual(
      ['layers.0.q_proj', 'x', 'y'].map((module) => store.of(module)?.code),
      ['dead_B', 'norm_outlier', undefined],
    );
  });

  it('are counted by level', () => {
    assert.equal(countsText(report([])), 'No findings');
    assert.equal(countsText(report([finding(), finding(), finding({ level: 'info' })])), '2 errors, 1 note');
  });

  it('lead to their modules, or to tensors if the module has no view', () => {
    const description = described(1);
    const { a } = description.lora[0]!;
    assert.deepEqual(findingPlaces(finding(), description, 5), [
      { name: 'layers.0.q_proj', state: { tab: 'lora', module: 'layers.0.q_proj' } },
    ]);
    assert.deepEqual(findingPlaces(finding({ modules: [], tensors: [a, 'missing'] }), description, 5), [
      { name: a, state: { tab: 'tensors', tensor: a, slice: [] } },
    ]);
    assert.deepEqual(findingPlaces(finding({ modules: ['elsewhere'] }), description, 5), []);
  });

  it('become Markdown with names that do not turn into emphasis, and with what was not checked', () => {
    const heuristic = finding({ code: 'norm_outlier', level: 'info', heuristic: true, value: 20, threshold: 10 });
    const text = findingsMarkdown(report([finding({ what: "B is zero in 'q_proj'." }), heuristic]), described(1));
    assert.match(text, /^### adapter: 1 error, 1 note$/m);
    assert.match(text, /all 1,200 values of 2 tensors were read/);
    assert.match(text, /^- \*\*error\*\* `dead_B`: B is zero in 'q\\_proj'\.$/m);
    assert.match(text, /\(heuristic: 20, threshold 10\)/);
    assert.match(text, /^Not checked:\n\n- The base model\.$/m);
  });
});
