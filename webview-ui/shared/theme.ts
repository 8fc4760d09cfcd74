/** VS Code's four kinds of theme: which one is active, and notification of changes. */

export type ThemeKind = 'light' | 'dark' | 'highContrast' | 'highContrastLight';

/**
 * Reads the classes that VS Code puts on the body. High contrast light has `vscode-high-contrast` too, so it is checked
 * first. `null` without any of them, as in a plain browser.
 */
export function themeKindOfClasses(classes: Iterable<string>): ThemeKind | null {
  const names = new Set(classes);
  if (names.has('vscode-high-contrast-light')) return 'highContrastLight';
  if (names.has('vscode-high-contrast')) return 'highContrast';
  if (names.has('vscode-dark')) return 'dark';
  return names.has('vscode-light') ? 'light' : null;
}

const darkPreferred = (): MediaQueryList => window.matchMedia('(prefers-color-scheme: dark)');

export function themeKind(): ThemeKind {
  return themeKindOfClasses(document.body.classList) ?? (darkPreferred().matches ? 'dark' : 'light');
}

export function prefersReducedMotion(): boolean {
  return (
    document.body.classList.contains('vscode-reduce-motion') ||
    window.matchMedia('(prefers-reduced-motion: reduce)').matches
  );
}

/** Calls back after a change of the theme or any of its colours. Returns a function that stops it. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  // The colours are custom properties in the style of the root element.
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  const media = darkPreferred();
  media.addEventListener('change', listener);
  return () => {
    observer.disconnect();
    media.removeEventListener('change', listener);
  };
}

/** Colours a canvas draws marks with; base.css defines the properties. */
export interface Palette {
  readonly foreground: string;
  readonly background: string;
  readonly accent: string;
  readonly border: string;
  readonly font: string;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  return {
    foreground: read('--peft-foreground', '#3b3b3b'),
    background: read('--peft-background', '#ffffff'),
    accent: read('--peft-focus', '#005fb8'),
    border: read('--peft-border', '#c8c8c8'),
    font: style.fontFamily || 'sans-serif',
  };
}
