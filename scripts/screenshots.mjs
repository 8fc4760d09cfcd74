// Takes the README's pictures in the real VS Code, light and dark: media/<scene>-<theme>.png.
// `node scripts/screenshots.mjs grid demo` takes the scenes with these names; `--out <folder>` puts them elsewhere.
import { mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { startStage } from './lib/e2eStage.mjs';
import { inRoot } from './lib/paths.mjs';
import { bundleTests } from './lib/testBundles.mjs';

const WIDTH = 1400;
const HEIGHT = 900;
// Pictures are in the repository for ever.
const MAX_BYTES = 300 * 1024;
// Long enough for tiles, charts and fonts to settle; pictures are looked at before they are committed.
const SETTLE_MS = 1500;

const THEMES = { light: 'Light Modern', dark: 'Dark Modern' };
const ADAPTER = 'gpt-neo-movies-lora/adapter_model.safetensors';

/** Each scene leads a fresh window to what is to be seen. */
const SCENES = {
  async grid(workbench) {
    await openAdapter(workbench);
  },
  async module(workbench) {
    const view = await openAdapter(workbench);
    await view.getByRole('tab', { name: 'LoRA' }).click();
    await settle();
    await pointAt(workbench, view, 0.38, 0.42);
  },
  async lora(workbench) {
    const view = await runDemo(workbench, 'LoRA');
    await view.locator('input[type=range]').first().press('End');
    await settle();
    await pointAt(workbench, view, 0.22, 0.35);
  },
  async adapter(workbench) {
    await runDemo(workbench, 'Adapter');
  },
  async prefix(workbench) {
    await runDemo(workbench, 'Prefix');
  },
  async prompt(workbench) {
    await runDemo(workbench, 'Prompt');
  },
  async calculator(workbench) {
    await workbench.showSideBar();
    await workbench.webviewFrame('calculator');
  },
  async comparison(workbench) {
    await workbench.runCommand('PEFT: Compare Parameter Budgets');
    await workbench.pick('Llama-3-8B');
    await workbench.webviewFrame('comparison');
    await workbench.hideSideBar();
  },
};

async function openAdapter(workbench) {
  await workbench.openFile(ADAPTER);
  await workbench.hideSideBar();
  const view = await workbench.webviewFrame('inspector');
  await view.getByRole('tab').first().waitFor();
  await settle();
  return view;
}

async function runDemo(workbench, tab) {
  await workbench.hideSideBar();
  await workbench.runCommand('PEFT: Run Demo');
  const view = await workbench.webviewFrame('inspector');
  await view.getByRole('tab', { name: tab }).click();
  await settle();
  return view;
}

/** Points at a place of the last heatmap, from 0 to 1 across and down: what hovering shows belongs in the picture. */
async function pointAt(workbench, view, x, y) {
  const box = await view.locator('.heatmap').last().boundingBox();
  await workbench.page.mouse.move(box.x + box.width * x, box.y + box.height * y);
}

function settle() {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

const outIndex = process.argv.indexOf('--out');
const out = path.resolve(outIndex < 0 ? inRoot('media') : process.argv[outIndex + 1]);
const wanted = process.argv.slice(2).filter((word, index) => !word.startsWith('--') && index + 2 !== outIndex + 1);
const names = wanted.length === 0 ? Object.keys(SCENES) : wanted;
for (const name of names) if (!Object.hasOwn(SCENES, name)) throw new Error(`no scene '${name}': ${Object.keys(SCENES).join(', ')}`);

mkdirSync(out, { recursive: true });
const stage = await startStage('screenshots');
await bundleTests('e2e', ['test/e2e/workbench.ts']);
const { launch } = createRequire(import.meta.url)(inRoot('out/test/e2e/workbench.js'));
let failures = 0;
for (const name of names) {
  const workbench = await launch({ width: WIDTH, height: HEIGHT });
  try {
    await SCENES[name](workbench);
    for (const [suffix, theme] of Object.entries(THEMES)) {
      await workbench.setTheme(theme);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const file = path.join(out, `${name}-${suffix}.png`);
      await workbench.screenshot(file);
      const { size } = statSync(file);
      console.log(`${file} (${(size / 1024).toFixed(0)} KB)`);
      if (size > MAX_BYTES) {
        failures++;
        console.error(`  larger than the ${MAX_BYTES / 1024} KB a picture may have`);
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
