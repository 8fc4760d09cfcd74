import { strict as assert } from 'node:assert';
import type { Message } from '../../../src/protocol/rpc';
import { hostTransport, viewState } from '../../../webview-ui/shared/hostTransport';
import type { PageHost } from '../../../webview-ui/shared/hostTransport';
import { themeKindOfClasses } from '../../../webview-ui/shared/theme';

describe("the webview's way to its host", () => {
  const posted: Message[] = [];
  let kept: unknown = { tab: 'lora' };
  const host: PageHost = {
    post: (message) => void posted.push(message),
    listen: () => () => {},
    getState: () => kept,
    setState: (state) => void (kept = state),
  };

  before(() => void Object.assign(globalThis, { window: { peftHost: host } }));
  after(() => void Reflect.deleteProperty(globalThis, 'window'));

  it("is the page's own outside VS Code", () => {
    hostTransport().post({ kind: 'cancel', id: 3 }, []);
    assert.deepEqual(posted, [{ kind: 'cancel', id: 3 }]);
  });

  it('keeps view state, merged over the initial state', () => {
    const state = viewState<{ tab: string; step: number }>({ tab: 'overview', step: 0 });
    assert.deepEqual(state.get(), { tab: 'lora', step: 0 });
    state.set({ step: 12 });
    assert.deepEqual(state.get(), { tab: 'lora', step: 12 });
    assert.deepEqual(kept, { tab: 'lora', step: 12 });
    kept = 'nonsense';
    assert.deepEqual(state.get(), { tab: 'overview', step: 0 });
  });
});

describe('the kind of theme', () => {
  it('is read from the classes that VS Code gives the body', () => {
    assert.equal(themeKindOfClasses(['vscode-light']), 'light');
    assert.equal(themeKindOfClasses(['vscode-dark', 'vscode-reduce-motion']), 'dark');
    assert.equal(themeKindOfClasses(['vscode-high-contrast']), 'highContrast');
    assert.equal(themeKindOfClasses(['vscode-high-contrast', 'vscode-high-contrast-light']), 'highContrastLight');
    assert.equal(themeKindOfClasses(['page']), null);
  });
});
