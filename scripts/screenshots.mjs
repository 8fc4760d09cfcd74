// Takes the README's pictures in the real VS Code, in light and dark: media/<scene>-<theme>.png. `node
// scripts/screenshots.mjs grid demo` takes only these scenes; `--out <folder>` writes them elsewhere, `--size 1000x700`
// sets the size of the window, and `--themes light,dark,contrastLight,contrastDark` chooses the themes.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { startStage } from './lib/e2eStage.mjs';
import { encodeIndexedPng, reduceColors } from './lib/indexedPng.mjs';
import { inRoot } from './lib/paths.mjs';
import { SCENES, UNPUBLISHED, writeShownFiles } from './lib/scenes.mjs';
import { bundleTests } from './lib/testBundles.mjs';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: inRoot('media') },
    size: { type: 'string', default: '1400x900' },
    themes: { type: 'string', default: 'light,dark' },
    packed: { type: 'boolean' },
  },
});
const [WIDTH, HEIGHT] = options.size.split('x').map(Number);
// Limit on a picture's size, because the repository keeps pictures for ever.
const MAX_BYTES = 300 * 1024;
// Long enough for tiles, charts and fonts to settle. Look at the pictures before you commit them.
const SETTLE_MS = 1500;

const THEMES = {
  light: 'Light Modern',
  dark: 'Dark Modern',
  contrastLight: 'Light High Contrast',
  contrastDark: 'Dark High Contrast',
};

const out = path.resolve(options.out);
const names = wanted.length === 0 ? Object.keys(SCENES).filter((name) => !UNPUBLISHED.includes(name)) : wanted;
for (const name of names) {
  if (Object.hasOwn(SCENES, name)) continue;
  throw new Error(`unknown scene '${name}', expected one of ${Object.keys(SCENES).join(', ')}`);
}
const themes = options.themes.split(',');
for (const theme of themes) {
  if (Object.hasOwn(THEMES, theme)) continue;
  throw new Error(`unknown theme '${theme}', expected one of ${Object.keys(THEMES).join(', ')}`);
}

mkdirSync(out, { recursive: true });
const stage = await startStage('screenshots');
writeShownFiles(names, stage.workspace);
await bundleTests('e2e', ['test/e2e/workbench.ts']);
const { launch } = createRequire(import.meta.url)(inRoot('out/test/e2e/workbench.js'));
let failures = 0;
for (const name of names) {
  const workbench = await launch({ width: WIDTH, height: HEIGHT });
  try {
    const point = (await SCENES[name](workbench)) ?? (() => workbench.parkPointer());
    for (const suffix of themes) {
      // An open menu would block the command palette.
      await workbench.page.keyboard.press('Escape');
      await workbench.setTheme(THEMES[suffix]);
      await workbench.clearNotifications();
      await workbench.parkPointer();
      await point();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      await workbench.heatmapsRead();
      const file = path.join(out, `${name}-${suffix}.png`);
      await workbench.screenshot(file);
      const bytes = await shrink(workbench.page, file);
      console.log(`${file} (${(bytes / 1024).toFixed(0)} KB)`);
      if (bytes > MAX_BYTES) {
        failures++;
        console.error(`  larger than ${MAX_BYTES / 1024} KB, the limit for a picture`);
      }
    }
  } catch (error) {
    failures++;
    console.error(`${name}: ${error.stack}`);
    await workbench.screenshot(path.join(stage.pictures, `${name}-failed.png`));
  }
  await workbench.close();
}
await stage.stop();
process.exit(failures > 0 ? 1 : 0);

/** Rewrites a picture with 256 colours. They show a noisy heatmap well and take a third of the bytes. */
async function shrink(page, file) {
  // VS Code's page forbids what this needs.
  const blank = await page.context().browser().newPage();
  const url = `data:image/png;base64,${readFileSync(file).toString('base64')}`;
  const { width, height, base64 } = await blank.evaluate(async (source) => {
    const bitmap = await createImageBitmap(await (await fetch(source)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let text = '';
    for (let i = 0; i < data.length; i += 0x8000) text += String.fromCharCode(...data.subarray(i, i + 0x8000));
    return { width: bitmap.width, height: bitmap.height, base64: btoa(text) };
  }, url);
  await blank.close();
  const png = encodeIndexedPng(width, height, reduceColors(Buffer.from(base64, 'base64')));
  writeFileSync(file, png);
  return png.length;
}
