/// <reference types="vscode-webview" />

/** The webview's end of the channel to the extension host, and the view state that survives hiding and reloading. */

import type { Message, Transport } from '../../src/protocol/rpc';

/** The interface that a page outside VS Code (a test in a plain browser) provides as `window.peftHost`. */
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

/**
 * VS Code lets a page acquire its API only once, so the transport is a singleton. Throws `NoHostError` without a host.
 */
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

/** Frames inside the page and browser tools post messages too. Only messages of the protocol have a known kind. */
function isMessage(data: unknown): data is Message {
  const kinds = ['request', 'reply', 'event', 'progress', 'cancel'];
  return typeof data === 'object' && data !== null && 'kind' in data && kinds.includes(String(data.kind));
}

export function hostTransport(): Transport {
  return hostSeam().transport;
}

interface ViewState<T extends object> {
  /** The state last set, merged over the initial values. The initial values alone if nothing was saved. */
  get(): T;
  set(changes: Partial<T>): void;
}

/** State that the editor keeps across hiding and reloading. It holds navigation only: values are read again. */
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
