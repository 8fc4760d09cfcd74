/**
 * A real VS Code in Chromium, driven as a user would. scripts/lib/e2eStage.mjs starts the server with the packed
 * extension and passes its address in the PEFT_E2E_* variables. scripts/screenshots.mjs uses this file too.
 */

import * as path from 'node:path';
import type { Browser, Frame, LaunchOptions, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

type Theme = 'Light Modern' | 'Dark Modern' | 'Dark High Contrast' | 'Light High Contrast';
type ViewName = 'inspector' | 'calculator' | 'comparison';

/** The class of each theme on the workbench. */
const THEME_CLASS: Readonly<Record<Theme, string>> = {
  'Light Modern': 'vs',
  'Dark Modern': 'vs-dark',
  'Dark High Contrast': 'hc-black',
  'Light High Contrast': 'hc-light',
};

// VS Code starts in three seconds on an idle machine, but tests share theirs.
const STEP_TIMEOUT_MS = 45_000;
const POLL_MS = 100;
const QUICK_TIMEOUT_MS = 1000;
/** Rows appear once the search has ended, which takes seconds on a busy machine. */
const ROW_TIMEOUT_MS = 10_000;
const QUICK_INPUT = '.quick-input-widget input[type="text"]';

interface LaunchSettings {
  readonly width?: number;
  readonly height?: number;
  /** JavaScript that runs first in every document of the window, webviews included. */
  readonly script?: string;
  /** Absolute path of the folder to open; by default the stage's workspace. */
  readonly folder?: string;
}

/** Opens a separate browser with one page on a folder. */
export async function launch(options: LaunchSettings = {}): Promise<Workbench> {
  const browserOptions = JSON.parse(setting('PEFT_E2E_BROWSER')) as LaunchOptions;
  // Chromium can die while it starts on a busy machine, before it has seen a page.
  const browser = await chromium.launch(browserOptions).catch(() => chromium.launch(browserOptions));
  const page = await browser.newPage({ viewport: { width: options.width ?? 1400, height: options.height ?? 900 } });
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  if (options.script !== undefined) await page.addInitScript(options.script);
  const workbench = new Workbench(browser, page, options.folder);
  await workbench.open();
  return workbench;
}

export class Workbench {
  /** Errors that the pages of this window, webviews included, threw or logged from our own files. */
  readonly errors: string[] = [];

  constructor(
    private readonly browser: Browser,
    readonly page: Page,
    private readonly folder = setting('PEFT_E2E_WORKSPACE'),
  ) {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (
        message.type() === 'error' &&
        /peft-inspector|Content Security Policy/.test(message.text() + message.location().url)
      ) {
        this.errors.push(message.text());
      }
    });
  }

  async open(): Promise<void> {
    await this.page.goto(`${setting('PEFT_E2E_ADDRESS')}/?folder=${encodeURI(this.folder)}`);
    // VS Code opens files in the text editor, whatever their custom editor, until it has scanned the extensions.
    await this.page.locator('.activitybar [aria-label="PEFT"]').first().waitFor();
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
  }

  /** Reloads the window like the user's command. VS Code restores editors and views. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.page.locator('.activitybar [aria-label="PEFT"]').first().waitFor();
  }

  /** Opens a file of the workspace by its relative path. */
  async openFile(file: string): Promise<void> {
    const { base, dir } = path.posix.parse(file);
    await this.choose('', file, (rows) => rows.filter({ hasText: base }).filter({ hasText: dir }));
    await this.page.locator('.tabs-container .tab', { hasText: base }).first().waitFor();
  }

  /** Runs the command with exactly this title in the palette, category included: 'PEFT: Run Demo'. */
  async runCommand(title: string): Promise<void> {
    await this.choose('>', `>${title}`, (rows) => rows.filter({ has: this.page.getByText(title, { exact: true }) }));
  }

  /** Picks the row with this label in the open quick pick. */
  async pick(label: string | RegExp): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first();
    await row.click();
    await row.waitFor({ state: 'hidden' });
  }

  /** Shows the PEFT container in the side bar. */
  async showSideBar(): Promise<void> {
    const item = this.page
      .locator('.activitybar .action-item', { has: this.page.locator('[aria-label="PEFT"]') })
      .first();
    if ((await item.getAttribute('class'))?.includes('checked') !== true) await item.click();
    await this.page.locator('.sidebar .composite.title', { hasText: 'PEFT' }).waitFor();
  }

  async hideSideBar(): Promise<void> {
    // A focused webview that is still starting does not pass keys on.
    if (await this.page.locator('.part.sidebar').isVisible())
      await this.runCommand('View: Toggle Primary Side Bar Visibility');
    await this.page.locator('.part.sidebar').waitFor({ state: 'hidden' });
  }

  /** The document of one of our webviews that is on the screen, once its script runs. */
  async webviewFrame(name: ViewName): Promise<Frame> {
    const find = async (): Promise<Frame | null> => {
      for (const frame of this.page.frames()) {
        if (await isShown(frame, name)) return frame;
      }
      return null;
    };
    try {
      return await eventually(`the ${name} view is on screen`, find);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.errors.join('\n')}`);
    }
  }

  /** A locator inside one of our webviews. */
  async inView(name: ViewName, selector: string): Promise<Locator> {
    return (await this.webviewFrame(name)).locator(selector);
  }

  /** Waits until no heatmap of the window waits for values. */
  async heatmapsRead(): Promise<void> {
    await eventually('no heatmap waits for tiles', async () => {
      for (const frame of this.page.frames()) {
        // A frame that disappears meanwhile has nothing to wait for.
        const waiting = await frame
          .locator('[role="application"][aria-busy="true"]')
          .count()
          .catch(() => 0);
        if (waiting > 0) return false;
      }
      return true;
    });
  }

  /** Picks the theme as a user does, and waits until the window shows it. */
  async setTheme(theme: Theme): Promise<void> {
    const themed = this.page.locator(`.monaco-workbench.${THEME_CLASS[theme]}`);
    if ((await themed.count()) > 0) return;
    await this.runCommand('Preferences: Color Theme');
    const input = this.page.locator(QUICK_INPUT).first();
    await input.fill(theme);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: theme }).waitFor();
    await input.press('Enter');
    await themed.waitFor();
  }

  async closeAllEditors(): Promise<void> {
    const tabs = this.page.locator('.tabs-container .tab');
    if ((await tabs.count()) === 0) return;
    await this.runCommand('View: Close All Editors');
    await tabs.first().waitFor({ state: 'detached' });
  }

  async clearNotifications(): Promise<void> {
    const toasts = this.page.locator('.notification-toast');
    if ((await toasts.count()) === 0) return;
    await this.runCommand('Notifications: Clear All Notifications');
    await toasts.first().waitFor({ state: 'detached' });
  }

  /** Moves the pointer to the empty middle of the status bar, where it opens no tooltip. */
  async parkPointer(): Promise<void> {
    const { width, height } = this.page.viewportSize() ?? { width: 0, height: 0 };
    await this.page.mouse.move(width / 2, height - 4);
  }

  /** `file` is an absolute path or relative to the folder of pictures. */
  async screenshot(file: string): Promise<void> {
    await this.page.screenshot({ path: path.resolve(setting('PEFT_E2E_PICTURES'), file), animations: 'disabled' });
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /**
   * Types into the quick input and clicks the first row that is sought. A webview that becomes ready takes the focus,
   * which closes the input before the click, and a list that is drawn anew can miss the click. Nothing has been chosen
   * then, so it tries again. A row that was chosen disappears.
   */
  private async choose(prefix: string, text: string, sought: (rows: Locator) => Locator): Promise<void> {
    const row = sought(this.page.locator('.quick-input-list .monaco-list-row')).first();
    await eventually(`'${text}' is chosen in the quick input`, async () => {
      const input = await this.quickInput(prefix);
      const filled = input.fill(text, { timeout: QUICK_TIMEOUT_MS });
      const clicked = filled.then(() => row.click({ timeout: ROW_TIMEOUT_MS }));
      const chosen = clicked.then(() => row.waitFor({ state: 'hidden', timeout: ROW_TIMEOUT_MS }));
      return chosen.then(
        () => true,
        () => null,
      );
    });
  }

  /** The quick input is opened with the mouse: key strokes go to whichever webview has the focus. */
  private async quickInput(prefix: string): Promise<Locator> {
    const input = this.page.locator(QUICK_INPUT).first();
    // An input that is about to close stays on the screen for a moment, inert.
    const filled = (): Promise<boolean> =>
      input.fill(prefix, { timeout: QUICK_TIMEOUT_MS }).then(
        () => true,
        () => false,
      );
    await eventually('the quick input opens', async () => {
      if ((await input.isVisible()) && (await filled())) return true;
      const opened = this.page.locator('.command-center-quick-pick').first().click({ timeout: QUICK_TIMEOUT_MS });
      return opened.then(filled, () => false);
    });
    return input;
  }
}

/** Saves a picture of the window under the name of the failed test and stores its path on the test. */
export async function pictureOfFailure(workbench: Workbench, test: Mocha.Test | undefined): Promise<void> {
  if (!test) return;
  const file = path.resolve(setting('PEFT_E2E_PICTURES'), `${test.fullTitle().replace(/[^a-z0-9]+/gi, '-')}.png`);
  await workbench.screenshot(file);
  Object.assign(test, { picture: file });
}

export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null | false | undefined>,
  timeoutMs = STEP_TIMEOUT_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`did not happen within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function isShown(frame: Frame, name: ViewName): Promise<boolean> {
  try {
    if ((await frame.locator(`script[data-page="${name}"]`).count()) === 0) return false;
    if ((await frame.locator('#app > *').count()) === 0) return false;
    const outer = await frame.parentFrame()?.frameElement();
    return (await outer?.isVisible()) ?? false;
  } catch {
    // The frame was replaced meanwhile.
    return false;
  }
}

/** The absolute path of a file of the workspace. */
export const workspaceFile = (file: string): string => path.join(setting('PEFT_E2E_WORKSPACE'), file);

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run this through scripts/e2e.mjs or scripts/screenshots.mjs`);
  return value;
}
