// No state is read in the middle of an animation. Values that move by script move by `Glide`, whose callers ask for the
// target; values that move by CSS are never read back.

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => path.posix.join(folder, name.replaceAll('\\', '/')))
    .sort();
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

function filesWith(files: readonly string[], pattern: RegExp): string[] {
  return files.filter((file) => pattern.test(withoutComments(readFileSync(file, 'utf8'))));
}

const scripts = filesBelow('webview-ui', '.ts');
const styles = filesBelow('webview-ui', '.css');

/** Code that measures a rendered element sees how far a transition has got. */
const READS_LAYOUT =
  /getBoundingClientRect|getClientRects|getBBox|getCTM|getComputedStyle|\.offset(Left|Top|Width|Height)/;
/** Rooms whose own scripts draw what their styles move. */
const ROOMS_WITH_TRANSITIONS = ['webview-ui/calculator/', 'webview-ui/comparison/', 'webview-ui/shared/budget/'];

describe('animations in the pages', () => {
  it('request frames in one file, through which every glide and redraw goes', () => {
    assert.deepEqual(filesWith(scripts, /requestAnimationFrame/), ['webview-ui/shared/browserFrames.ts']);
  });

  it('glide in the camera alone', () => {
    assert.deepEqual(filesWith(scripts, /new Glide\b/), ['webview-ui/shared/heatmap/camera.ts']);
  });

  it('read the current frame of a heatmap only to draw over it or in step with it', () => {
    assert.deepEqual(filesWith(filesBelow('webview-ui/inspector', '.ts'), /heatmap\.viewport\b/), [
      'webview-ui/inspector/parts/methods/gateOverlay.ts',
      'webview-ui/inspector/views/loraView.ts',
    ]);
  });

  it('use neither d3 transitions nor Web Animations nor smooth scrolling, which have no target to ask for', () => {
    const untargeted = /\.transition\(|\.animate\(|getAnimations|transitionend|animationend|behavior:\s*'smooth'/;
    assert.deepEqual(filesWith(scripts, untargeted), []);
    assert.deepEqual(filesWith(styles, /scroll-behavior:\s*smooth/), []);
  });

  it('use CSS transitions only in rooms whose scripts read no layout back', () => {
    const moving = filesWith(styles, /transition(?!:\s*none)[\w-]*:/);
    assert.deepEqual(
      moving.filter((file) => !ROOMS_WITH_TRANSITIONS.some((room) => file.startsWith(room))),
      [],
    );
    const roomScripts = scripts.filter((file) => ROOMS_WITH_TRANSITIONS.some((room) => file.startsWith(room)));
    assert.deepEqual(filesWith(roomScripts, READS_LAYOUT), []);
  });

  it('stop where the reader asks for reduced motion', () => {
    const base = readFileSync('webview-ui/shared/base.css', 'utf8');
    assert.match(base, /prefers-reduced-motion: reduce/);
    assert.match(base, /animation: none !important;\s*transition: none !important;/);
  });
});
