/** The vectors of (IA)³ or the bottleneck adapters of a file, by layer and module: where training changed the model. */

import { extent, scaleLinear } from 'd3';
import type { MethodOverview } from '../../../src/protocol/methodOverview';
import { h, replace } from '../../shared/element';
import { schemeInterpolator, viridis } from '../../shared/schemes';
import { onThemeChange, themeKind } from '../../shared/theme';
import type { View, ViewContext } from '../context';
import { methodTables } from '../data/methodMeasures';
import type { MethodMeasure, MethodTable } from '../data/methodMeasures';
import { moduleGrid } from '../data/moduleGrid';
import { layerChart } from '../parts/charts/layerChart';
import { gridKeys, keepingFocus } from '../parts/grid/gridKeys';
import { layerTable, otherModules } from '../parts/grid/gridTable';
import { measureCell } from '../parts/grid/measureCell';
import { rampLegend } from '../parts/grid/rampLegend';
import { topModules } from '../parts/grid/topModules';
import { longWork } from '../parts/notes/progressNote';

export function methodsView(context: ViewContext): View {
  return new MethodsView(context);
}

class MethodsView implements View {
  private readonly place = h('div', { class: 'grid-progress' });
  private readonly failed = h('p', { class: 'note', role: 'status', hidden: true });
  private readonly tables = h('div', { class: 'method-tables' });
  private readonly byLayer = layerChart();
  private readonly top = h('section', { class: 'card' });
  private readonly stop: () => void;
  private readonly unsubscribe: () => void;
  private readonly forgetTheme: () => void;
  private shown: readonly MethodTable[] = [];
  readonly element = h('div', { class: 'grid-view' }, this.place, this.failed, this.tables);
  readonly details = [this.byLayer.element, this.top];

  constructor(private readonly context: ViewContext) {
    this.byLayer.element.hidden = this.top.hidden = true;
    this.stop = longWork<MethodOverview>(this.place, {
      title: 'Measuring modules',
      again: 'Measure',
      run: (signal, onProgress) => context.client.methodOverview({ signal, onProgress }),
      done: (overview) => this.show(overview),
    });
    this.unsubscribe = context.store.subscribe((changed) => {
      if (changed.has('methodMeasure')) this.draw();
    });
    this.forgetTheme = onThemeChange(() => this.draw());
  }

  dispose(): void {
    this.stop();
    this.unsubscribe();
    this.forgetTheme();
    this.byLayer.dispose();
  }

  private show(overview: MethodOverview): void {
    const [first] = overview.failures;
    this.failed.hidden = !first;
    if (first) {
      const count = overview.failures.length;
      this.failed.textContent =
        `${count} module${count === 1 ? '' : 's'} could not be read. ` + `${first.module}: ${first.message}`;
    }
    this.shown = methodTables(overview);
    this.draw();
  }

  private draw(): void {
    keepingFocus(this.tables, () => {
      replace(
        this.tables,
        this.shown.map((table) => this.section(table)),
      );
      gridKeys(this.tables);
    });
    const [table] = this.shown;
    if (table) this.describe(table, this.chosen(table));
  }

  /** The measure that colours the table. */
  private chosen({ measures }: MethodTable): MethodMeasure {
    const { methodMeasure } = this.context.store.get();
    return measures.find(({ id }) => id === methodMeasure) ?? measures[0]!;
  }

  private section(table: MethodTable): HTMLElement {
    const { rows } = table;
    const measure = this.chosen(table);
    const { range, color } = coloring(measure);
    const grid = moduleGrid(rows);
    const cell = (index: number): HTMLElement =>
      measureCell({
        module: rows[index]!.module,
        label: measure.label,
        value: measure.values[index]!,
        color,
        open: () => this.context.store.set(rows[index]!.place),
      });
    return h(
      'section',
      { class: 'method-table' },
      h(
        'div',
        { class: 'grid-head' },
        h('h2', {}, table.title),
        h('label', { class: 'field' }, h('span', {}, 'Colour by'), this.picker(table, measure)),
        h('div', { class: 'grid-legend' }, range && rampLegend(measure.label, range[0], range[1], color)),
      ),
      layerTable(grid, cell),
      grid.others.length > 0 && otherModules(grid, rows, cell),
    );
  }

  private picker({ measures, title }: MethodTable, { id, meaning }: MethodMeasure): HTMLElement {
    const picker = h(
      'select',
      {
        'aria-label': `Colour the ${title} by`,
        title: meaning,
        onchange: () => this.context.store.set({ methodMeasure: picker.value }),
      },
      measures.map((measure) => h('option', { value: measure.id }, measure.label)),
    );
    picker.value = id;
    return picker;
  }

  private describe({ rows }: MethodTable, { label, values }: MethodMeasure): void {
    const none = rows.map(() => false);
    this.byLayer.show(moduleGrid(rows), values, none, label, true);
    topModules(this.top, rows, values, none, label, true, (index) => this.context.store.set(rows[index]!.place));
  }
}

/** The range of the finite values and their colours; `range` is `null` if there is none. */
function coloring({ values, centre }: MethodMeasure): {
  readonly range: readonly [number, number] | null;
  color(value: number): string;
} {
  const [low, high] = extent([...values].filter(Number.isFinite));
  if (low === undefined || high === undefined) return { range: null, color: () => 'transparent' };
  if (centre === undefined) {
    const from = Math.min(low, 0);
    const position = scaleLinear([from, high > from ? high : from + 1], [0, 1]).clamp(true);
    return { range: [from, high > from ? high : from + 1], color: (value) => viridis(position(value)) };
  }
  const reach = Math.max(Math.abs(low - centre), Math.abs(high - centre)) || 1;
  const scheme = schemeInterpolator('redBlue', themeKind());
  const position = scaleLinear([centre - reach, centre + reach], [0, 1]).clamp(true);
  return { range: [centre - reach, centre + reach], color: (value) => scheme(position(value)) };
}
