/**
 * Lets the page load its other scripts from the folder named on the running script (src/host/webviewHtml.ts), with the
 * nonce that the page's policy requires.
 */

declare let __webpack_nonce__: string | undefined;
declare let __webpack_public_path__: string;

/** Call while the page's script runs for the first time: the running script is unknown afterwards. */
export function allowLaterScripts(): void {
  const script = document.currentScript;
  const folder = script?.dataset['folder'];
  if (!(script instanceof HTMLScriptElement) || folder === undefined)
    throw new Error("the page's script is no longer known");
  __webpack_nonce__ = script.nonce;
  __webpack_public_path__ = folder;
}
