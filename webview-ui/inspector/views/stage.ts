/** The part of the page that holds one view at a time. It loads the view's script and reports a failure to load it. */

import type { MatrixCard } from '../parts/matrix/matrixCard';
import type { TabName, View, ViewContext } from '../context';
import { h, replace } from '../../shared/element';
import { emptyState } from '../parts/notes/emptyState';
import { errorText } from '../parts/notes/progressNote';
import { TABS } from './tabs';

/** A script from disk arrives sooner, and nothing flickers. */
const QUIET_MS = 150;

interface Stage {
  readonly element: HTMLElement;
  readonly details: HTMLElement;
  show(tab: TabName): void;
  dispose(): void;
}

export function viewStage(context: ViewContext): Stage {
  const element = h('section', { class: 'stage', id: 'stage', role: 'tabpanel', tabindex: 0 });
  const details = h('section', { class: 'details', id: 'details', 'aria-label': 'Details', tabindex: 0 });
  let view: View | null = null;
  let card: MatrixCard | null = null;
  /** Counts requests, so that a script that arrives late does not replace a later view. */
  let asked = 0;

  function leave(): void {
    view?.dispose();
    view = null;
    context.cells.clear();
    context.active.set(null);
  }

  async function open(tab: TabName): Promise<void> {
    const mine = ++asked;
    const { matrices, label, load } = TABS[tab];
    element.className = `stage stage-${tab}`;
    element.setAttribute('aria-labelledby', `tab-${tab}`);
    element.setAttribute('aria-busy', 'true');
    replace(element);
    replace(details);
    const waiting = setTimeout(() => replace(element, loadingNote(label)), QUIET_MS);
    try {
      const [make, makeCard] = await Promise.all([load(), matrices ? loadCard() : null]);
      if (mine !== asked) return;
      card ??= makeCard && makeCard(context);
      view = make(context);
      replace(element, view.element);
      replace(details, view.details, matrices && card?.element);
      context.active.refresh();
    } catch (error) {
      if (mine !== asked) return;
      const again = h('button', { type: 'button', class: 'primary', onclick: () => void open(tab) }, 'Try again');
      const text = `A part of the extension could not be loaded. ${errorText(error)}`;
      replace(
        element,
        h('div', { class: 'waiting', role: 'alert' }, emptyState(2, `${label} cannot be shown`, text, again)),
      );
    } finally {
      clearTimeout(waiting);
      if (mine === asked) element.removeAttribute('aria-busy');
    }
  }

  return {
    element,
    details,
    show(tab) {
      const focused = document.activeElement;
      const held = element.contains(focused) || details.contains(focused);
      leave();
      void open(tab).then(() => held && keepFocus(context, element));
    },
    dispose() {
      asked++;
      leave();
      card?.dispose();
    },
  };
}

/** A key that opens another view removes the element that had the focus. */
function keepFocus({ active }: ViewContext, stage: HTMLElement): void {
  if (document.activeElement !== document.body) return;
  const matrix = active.current?.element.querySelector<HTMLElement>('[role="application"]');
  (matrix ?? stage).focus({ preventScroll: true });
}

async function loadCard(): Promise<(context: ViewContext) => MatrixCard> {
  const { MatrixCard: Card } = await import(/* webpackChunkName: "inspector-matrices" */ '../parts/matrix/matrixCard');
  return (context) => new Card(context);
}

function loadingNote(label: string): HTMLElement {
  return h(
    'div',
    { class: 'waiting', role: 'status' },
    h('progress', { 'aria-label': 'Loading' }),
    h('p', {}, `Loading ${label}…`),
  );
}
