/** Layers x modules of an adapter, coloured by a metric: where training changed the model, at a glance. */

import { extent, interpolateViridis, scaleLinear } from 'd3';
import type { ModuleMetrics } from '../../../src/protocol/matrix';
import type { View, ViewContext } from '../context';
import { metricName, METRICS } from '../data/metrics';
import type { ModuleGrid } from '../data/moduleGrid';
import { moduleGrid, withoutCommonPrefix } from '../data/moduleGrid';
import { h, replace } from '../parts/element';
import { gridCell } from '../parts/gridCell';
import { gridKeys } from '../parts/gridKeys';
import { layerChart } from '../parts/layerChart';
import { longWork } from '../parts/progressNote';
import { rampLegend } from '../parts/rampLegend';
import { topModules } from '../parts/topModules';

export function gridView(context: ViewContext): View {
  const { description, store, client } = context;
  const grid = moduleGrid(description.lora);
  const place = h('div', { class: 'grid-progress' });
  const legend = h('div', { class: 'grid-legend' });
  const table = h('div', { class: 'grid-scroll' });
  const byLayer = layerChart();
  const top = h('section', { class: 'card' });
  let metrics: ModuleMetrics | null = null;

  const picker = h('select', { 'aria-label': 'Colour the modules by', onchange: () => store.set({ metric: picker.value as never }) },
    ...METRICS.map(({ metric, label }) => h('option', { value: metric }, label)));
  const element = h('div', { class: 'grid-view' },
    h('div', { class: 'grid-head' },
      h('h2', {}, `${description.lora.length} LoRA modules`),
      h('label', { class: 'field' }, h('span', {}, 'Colour by'), picker), legend, place),
    table);

  const open = (module: number): void => {
    const info = description.lora[module];
    if (info) store.set({ tab: 'lora', module: info.module });
  };

  function draw(): void {
    const { metric } = store.get();
    picker.value = metric;
    const name = metricName(metric);
    picker.title = name.meaning;
    const values = metrics?.[metric] ?? new Float64Array(description.lora.length).fill(NaN);
    const untrained = description.lora.map((_, module) => metrics?.bNorm[module] === 0);
    // A module whose B is zero is marked, not coloured; the colours are spent on the trained ones.
    const trained = [...values].filter((value, module) => Number.isFinite(value) && !untrained[module]);
    const [low = 0, high = 1] = extent(trained);
    const from = low > 0 && low > high * 0.5 ? low : Math.min(low, 0);
    const position = scaleLinear([from, high > from ? high : from + 1], [0, 1]).clamp(true);
    const color = (value: number): string => interpolateViridis(position(value));
    const focus = store.get().module;
    replace(legend, metrics && trained.length > 0 && rampLegend(name.label, from, high, color),
      untrained.includes(true) && h('span', { class: 'legend-key' }, h('span', { class: 'swatch untrained' }),
        `B = 0: untrained (${untrained.filter(Boolean).length})`));
    const failures = new Map(metrics?.failures.map(({ module, message }) => [module, message]));
    const cell = (module: number): HTMLElement =>
      gridCell({
        info: description.lora[module] as never, metric: name.label, value: values[module] ?? NaN,
        color, dark: (value) => position(value) < 0.6, untrained: untrained[module] === true, computed: metrics !== null,
        failure: failures.get(module) ?? description.lora[module]?.unavailable ?? null,
        focused: description.lora[module]?.module === focus, open: () => open(module),
      });
    replace(table, layerTable(grid, cell), grid.others.length > 0 && otherModules(grid, context, cell));
    gridKeys(table);
    byLayer.show(grid, values, untrained, name.label, metrics !== null);
    topModules(top, description.lora, values, untrained, name.label, metrics !== null, open);
  }

  draw();
  const stop = longWork(place, {
    title: 'Computing norms',
    again: 'Compute',
    run: (signal, onProgress) => client.metrics({ signal, onProgress }),
    done: (result) => {
      metrics = result;
      draw();
    },
  });
  const unsubscribe = store.subscribe((changed) => {
    if (changed.has('metric')) draw();
  });
  return {
    element,
    details: [byLayer.element, top],
    dispose() {
      stop();
      unsubscribe();
      byLayer.dispose();
    },
  };
}

function layerTable(grid: ModuleGrid, cell: (module: number) => HTMLElement): HTMLElement | null {
  if (grid.rows.length === 0) return null;
  const labels = withoutCommonPrefix(grid.columns);
  const head = labels.map((label, column) => {
    const cut = label.lastIndexOf('.');
    return h('th', { scope: 'col', title: grid.columns[column] },
      cut > 0 && h('span', { class: 'path' }, label.slice(0, cut)), h('span', { class: 'leaf' }, label.slice(cut + 1)));
  });
  const rows = grid.rows.map(({ layer, modules }) =>
    h('tr', {}, h('th', { scope: 'row' }, String(layer)),
      ...modules.map((module) => (module === null ? h('td', { class: 'absent' }) : h('td', {}, cell(module))))));
  const table = h('table', { class: 'grid', 'aria-label': 'Modules by layer' },
    h('thead', {}, h('tr', {}, h('th', { class: 'corner' }, 'layer'), ...head)), h('tbody', {}, ...rows));
  table.style.setProperty('--columns', String(labels.length));
  table.style.setProperty('--rows', String(rows.length));
  return table;
}

/** Modules outside the numbered layers have a row of their own, each with its name, for they share no columns. */
function otherModules(grid: ModuleGrid, context: ViewContext, cell: (module: number) => HTMLElement): HTMLElement {
  const paths = withoutCommonPrefix(grid.others.map((module) => context.description.lora[module]?.module ?? ''));
  return h('section', { class: 'others' },
    h('h3', {}, grid.rows.length > 0 ? 'Outside the numbered layers' : 'Modules'),
    h('div', { class: 'other-cells' },
      ...grid.others.map((module, i) =>
        h('div', { class: 'other' }, cell(module), h('span', { class: 'name', title: context.description.lora[module]?.module }, paths[i] ?? '')))));
}
