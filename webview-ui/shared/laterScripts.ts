/**
 * Lets the page fetch its other scripts: from the folder that the running one names (src/host/webviewHtml.ts), with the
 * nonce the page's policy asks for.
 */

declare let __webpack_nonce__: string | undefined;
declare let __webpack_public_path__: string;

/** To be called while the page's script runs for the first time: it is unknown afterwards. */
export function allowLaterScripts(): void {
  const script = document.currentScript;
  const folder = script?.dataset['folder'];
  if (!(script instanceof HTMLScriptElement) || folder === undefined)
    throw new Error("the page's script is not known any more");
  __webpack_nonce__ = script.nonce;
  __webpack_public_path__ = folder;
}
