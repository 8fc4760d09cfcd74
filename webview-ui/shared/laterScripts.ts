/** Lets the page fetch its other scripts: from the folder that the running one names, with the nonce the page's policy asks for. */

declare let __webpack_nonce__: string | undefined;
declare let __webpack_public_path__: string;

/** To be called while the page's script runs for the first time: it is unknown afterwards. */
export function allowLaterScripts(): void {
  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement)) throw new Error('the page\'s script is not known any more');
  __webpack_nonce__ = script.nonce;
  // A page that was not made by the extension, as in a test, fetched its script from there.
  __webpack_public_path__ = script.dataset['folder'] ?? new URL('.', script.src).href;
}
