/// <reference types="vscode-webview" />

/** The webview's end of the channel to the extension host, and the view state that survives hiding and reload. */

import type { Message, Transport } from '../../src/protocol/rpc';

/** What a page that runs outside VS Code (a test in a plain browser) puts at `window.peftHost`. */
export interface PageHost extends Transport {
  getState?(): unknown;
  setState?(state: unknown): void;
}

declare global {
  interface Window {
    peftHost?: PageHost;
  }
}

class NoHostError extends Error {
  override readonly name = 'NoHostError';
}

interface HostSeam {
  readonly transport: Transport;
  getState(): unknown;
  setState(state: unknown): void;
}

let seam: HostSeam | null = null;

/** VS Code lets a page acquire its API once only, so the seam is made once. Throws `NoHostError` without a host. */
function hostSeam(): HostSeam {
  seam ??= typeof acquireVsCodeApi === 'function' ? vsCodeSeam() : pageSeam();
  return seam;
}

function vsCodeSeam(): HostSeam {
  const api = acquireVsCodeApi<unknown>();
  return {
    transport: {
      post: (message) => api.postMessage(message),
      listen(handler) {
        const receive = (event: MessageEvent<unknown>): void => {
          if (isMessage(event.data)) handler(event.data);
        };
        window.addEventListener('message', receive);
        return () => window.removeEventListener('message', receive);
      },
    },
    getState: () => api.getState(),
    setState: (state) => void api.setState(state),
  };
}

function pageSeam(): HostSeam {
  const host = window.peftHost;
  if (!host) throw new NoHostError('expected acquireVsCodeApi or window.peftHost, got neither');
  let kept: unknown;
  return {
    transport: host,
    getState: () => (host.getState ? host.getState() : kept),
    setState(state) {
      kept = state;
      host.setState?.(state);
    },
  };
}

/** Frames inside the page and browser tools post messages too; only those of the protocol carry a known kind. */
function isMessage(data: unknown): data is Message {
  const kinds = ['request', 'reply', 'event', 'progress', 'cancel'];
  return typeof data === 'object' && data !== null && 'kind' in data && kinds.includes(String(data.kind));
}

export function hostTransport(): Transport {
  return hostSeam().transport;
}

interface ViewState<T extends object> {
  /** What was last set, over the initial values; the initial values alone where nothing was kept. */
  get(): T;
  set(changes: Partial<T>): void;
}

/** State kept by the editor across hiding and reload. Navigation only: values are read anew. */
export function viewState<T extends object>(initial: T): ViewState<T> {
  const host = hostSeam();
  const read = (): T => {
    const kept = host.getState();
    return typeof kept === 'object' && kept !== null ? { ...initial, ...kept } : initial;
  };
  return {
    get: read,
    set: (changes) => host.setState({ ...read(), ...changes }),
  };
}
