/** The modules of an adapter by layer and group, coloured by a metric: where training changed the model. */

import { extent, scaleLinear } from 'd3';
import type { MeasuredModule, ModuleMetrics } from '../../../src/protocol/matrix';
import { viridis } from '../../shared/schemes';
import type { View, ViewContext } from '../context';
import { GatheredMetrics, metricName, METRICS } from '../data/metrics';
import { moduleGrid } from '../data/moduleGrid';
import { h, replace } from '../../shared/element';
import { gridCell } from '../parts/grid/gridCell';
import { gridKeys, keepingFocus } from '../parts/grid/gridKeys';
import { layerTable, otherModules } from '../parts/grid/gridTable';
import { layerChart } from '../parts/charts/layerChart';
import { longWork } from '../parts/notes/progressNote';
import { rampLegend } from '../parts/grid/rampLegend';
import { topModules } from '../parts/grid/topModules';

export function gridView(context: ViewContext): View {
  const { description, store, client } = context;
  const grid = moduleGrid(description.lora);
  const place = h('div', { class: 'grid-progress' });
  const legend = h('div', { class: 'grid-legend' });
  const table = h('div', { class: 'grid-scroll' });
  const byLayer = layerChart();
  const top = h('section', { class: 'card' });
  const gathered = new GatheredMetrics(description.lora.length);
  let metrics: ModuleMetrics | null = null;
  const { method } = description;
  const kind = method === null || method === 'LORA' ? 'LoRA' : method;

  const picker = h(
    'select',
    { 'aria-label': 'Colour the modules by', onchange: () => store.set({ metric: picker.value as never }) },
    ...METRICS.map(({ metric, label }) => h('option', { value: metric }, label)),
  );
  const element = h(
    'div',
    { class: 'grid-view' },
    h(
      'div',
      { class: 'grid-head' },
      h('h2', {}, `${description.lora.length} ${kind} modules`),
      h('label', { class: 'field' }, h('span', {}, 'Colour by'), picker),
      legend,
      place,
    ),
    table,
  );

  const open = (module: number): void => {
    const info = description.lora[module];
    if (info) store.set({ tab: 'lora', module: info.module });
  };

  function draw(): void {
    const { metric } = store.get();
    picker.value = metric;
    const name = metricName(metric);
    picker.title = name.meaning;
    // The largest entries of a large adapter take too long. The worker then omits them for every module.
    const missing =
      metrics !== null && metrics.deltaNorm.some(Number.isFinite) && !metrics[metric].some(Number.isFinite);
    const values = metrics?.[metric] ?? new Float64Array(description.lora.length).fill(NaN);
    const untrained = description.lora.map((_, module) => metrics?.bNorm[module] === 0);
    // A module whose B is zero is marked instead of coloured. The colour range covers the trained modules.
    const trained = [...values].filter((value, module) => Number.isFinite(value) && !untrained[module]);
    const [low = 0, high = 1] = extent(trained);
    const from = low > 0 && low > high * 0.5 ? low : Math.min(low, 0);
    const position = scaleLinear([from, high > from ? high : from + 1], [0, 1]).clamp(true);
    const color = (value: number): string => viridis(position(value));
    const focus = store.get().module;
    const failures = new Map(metrics?.failures.map(({ module, message }) => [module, message]));
    const unreadable = description.lora.filter(
      ({ unavailable }, module) => unavailable !== undefined || failures.has(module),
    ).length;
    replace(
      legend,
      missing && 'This metric was not computed, because the adapter is too large.',
      metrics && trained.length > 0 && rampLegend(name.label, from, high, color),
      untrained.includes(true) &&
        h(
          'span',
          { class: 'legend-key' },
          h('span', { class: 'swatch untrained' }),
          `B = 0: untrained (${untrained.filter(Boolean).length})`,
        ),
      unreadable > 0 &&
        h(
          'span',
          { class: 'legend-key' },
          h('span', { class: 'swatch failed' }, '!'),
          `cannot be shown (${unreadable}); point at one to see why`,
        ),
    );
    const cell = (module: number): HTMLElement =>
      gridCell({
        info: description.lora[module] as never,
        metric: name.label,
        value: values[module] ?? NaN,
        color,
        dark: (value) => position(value) < 0.6,
        untrained: untrained[module] === true,
        computed: gathered.has(module) && !missing,
        failure: failures.get(module) ?? description.lora[module]?.unavailable ?? null,
        focused: description.lora[module]?.module === focus,
        open: () => open(module),
      });
    keepingFocus(table, () => {
      replace(table, layerTable(grid, cell), grid.others.length > 0 && otherModules(grid, description.lora, cell));
      gridKeys(table);
    });
    byLayer.show(grid, values, untrained, name.label, metrics !== null);
    topModules(top, description.lora, values, untrained, name.label, metrics !== null, open);
  }

  draw();
  const stop = longWork(place, {
    title: 'Computing norms',
    again: 'Compute',
    run: (signal, onProgress) =>
      client.metrics({
        signal,
        onProgress: (progress) => {
          onProgress(progress);
          const part = progress.partial as readonly MeasuredModule[] | undefined;
          if (!part || part.length === 0) return;
          metrics = gathered.add(part);
          draw();
        },
      }),
    done: (result) => {
      metrics = result;
      gathered.complete();
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
