/** The modules of an adapter by layer and group, coloured by a metric: where training changed the model. */

import { methodName } from '../../../src/text/methodNames';
import { extent, scaleLinear } from 'd3';
import type { MeasuredModule, ModuleMetrics } from '../../../src/protocol/matrix';
import { viridis } from '../../shared/schemes';
import type { View, ViewContext } from '../context';
import { BASE_METRICS, GatheredMetrics, metricName, METRICS, metricValues } from '../data/metrics';
import { gridSections } from '../data/moduleGrid';
import type { GridSection } from '../data/moduleGrid';
import { h, replace } from '../../shared/element';
import { breakable } from '../../shared/names';
import { baseOffer } from '../parts/grid/baseOffer';
import { withFindingMark } from '../parts/grid/findingMark';
import { gridCell } from '../parts/grid/gridCell';
import { gridKeys, keepingFocus } from '../parts/grid/gridKeys';
import { layerTable, otherModules } from '../parts/grid/gridTable';
import { layerChart } from '../parts/charts/layerChart';
import { longWork } from '../parts/notes/progressNote';
import { rampLegend } from '../parts/grid/rampLegend';
import { topModules } from '../parts/grid/topModules';

const TOO_LARGE = 'This metric was not computed, because the adapter is too large.';

/** What the modules look like by the current metric. */
interface Coloring {
  /** One value per module; NaN if it is unknown. */
  readonly values: Float64Array;
  /** True for modules whose B is zero. They are marked instead of coloured. */
  readonly untrained: readonly boolean[];
  /** The colour range of the trained modules; `null` if no value is known. */
  readonly range: readonly [number, number] | null;
  /** Position along the colour range, 0 to 1. */
  position(value: number): number;
}

export function gridView(context: ViewContext): View {
  return new GridView(context);
}

class GridView implements View {
  private readonly sections: readonly GridSection[];
  private readonly legend = h('div', { class: 'grid-legend' });
  private readonly table = h('div', { class: 'grid-scroll' });
  private readonly byLayer = layerChart();
  private readonly top = h('section', { class: 'card' });
  private readonly gathered: GatheredMetrics;
  private readonly picker: HTMLSelectElement;
  private readonly offer: ReturnType<typeof baseOffer>;
  private readonly stop: () => void;
  private readonly unsubscribe: () => void;
  private metrics: ModuleMetrics | null = null;
  readonly element: HTMLElement;
  readonly details = [this.byLayer.element, this.top];

  constructor(private readonly context: ViewContext) {
    const { description, store } = context;
    this.sections = gridSections(description.lora);
    this.gathered = new GatheredMetrics(description.lora.length);
    this.picker = h('select', {
      'aria-label': 'Colour the modules by',
      onchange: () => store.set({ metric: this.picker.value as never }),
    });
    this.offer = baseOffer(context, () => {
      // The first comparison shows itself. A second one updates what is shown.
      if (store.get().metric === 'weightShare') this.draw();
      else store.set({ metric: 'weightShare' });
    });
    const { method } = description;
    const kind = methodName(method ?? 'LORA');
    const place = h('div', { class: 'grid-progress' });
    this.element = h(
      'div',
      { class: 'grid-view' },
      h(
        'div',
        { class: 'grid-head' },
        h('h2', {}, `${description.lora.length} ${kind} modules`),
        h('label', { class: 'field' }, h('span', {}, 'Colour by'), this.picker),
        this.legend,
        place,
        description.kind === 'checkpoint' && this.offer.element,
      ),
      this.table,
    );
    this.draw();
    this.stop = this.measure(place);
    const stopState = store.subscribe((changed) => {
      if (changed.has('metric')) this.draw();
    });
    let marked = context.findings?.report;
    const stopFindings = context.findings?.subscribe(() => {
      if (context.findings?.report === marked) return;
      marked = context.findings?.report;
      this.draw();
    });
    this.unsubscribe = () => {
      stopState();
      stopFindings?.();
    };
  }

  dispose(): void {
    this.stop();
    this.offer.dispose();
    this.unsubscribe();
    this.byLayer.dispose();
  }

  /** Requests the metrics and draws them as they arrive. Returns a function that cancels. */
  private measure(place: HTMLElement): () => void {
    return longWork(place, {
      title: 'Computing norms',
      again: 'Compute',
      run: (signal, onProgress) =>
        this.context.client.metrics({
          signal,
          onProgress: (progress) => {
            onProgress(progress);
            const part = progress.partial as readonly MeasuredModule[] | undefined;
            if (!part || part.length === 0) return;
            this.metrics = this.gathered.add(part);
            this.draw();
          },
        }),
      done: (result) => {
        this.metrics = result;
        this.gathered.complete();
        this.draw();
      },
    });
  }

  /** The chosen metric. Those of the base exist only while its comparison is known. */
  private get metric(): ReturnType<typeof metricName> {
    const named = metricName(this.context.store.get().metric);
    const isKnown = this.context.client.base !== null || METRICS.some(({ metric }) => metric === named.metric);
    return isKnown ? named : metricName('deltaNorm');
  }

  private drawPicker(): void {
    const { base } = this.context.client;
    const named = this.metric;
    const offered = [...METRICS, ...(base ? BASE_METRICS : [])];
    // An open list would close if its options changed.
    if (this.picker.options.length !== offered.length) {
      replace(
        this.picker,
        offered.map(({ metric, label }) => h('option', { value: metric }, label)),
      );
    }
    this.picker.value = named.metric;
    this.picker.title = named.meaning;
  }

  private draw(): void {
    const { metrics, table, sections } = this;
    const { lora } = this.context.description;
    const { base } = this.context.client;
    const name = this.metric;
    this.drawPicker();
    // The largest entries of a large adapter take too long. The worker then omits them for every module.
    const missing =
      metrics !== null &&
      metrics.deltaNorm.some(Number.isFinite) &&
      !metricValues(name.metric, metrics, base)?.some(Number.isFinite);
    const coloring = this.coloring();
    const ofBase = BASE_METRICS.some(({ metric }) => metric === name.metric) ? base : null;
    const { values, untrained } = coloring;
    // A module that has no angle can have the ratio of the norms.
    const incomparable = (ofBase?.failures ?? []).filter(
      ({ module }) => !Number.isFinite(values[module]) && !untrained[module],
    );
    const failures = new Map(
      [...incomparable, ...(metrics?.failures ?? [])].map(({ module, message }) => [module, message]),
    );
    const cell = (module: number): HTMLElement =>
      this.cell(module, name.label, coloring, this.gathered.has(module) && !missing, failures.get(module));
    const unreadable = lora.filter(({ unavailable }, module) => unavailable !== undefined || failures.has(module));
    const without = ofBase ? 'No module can be compared; point at one to see why.' : TOO_LARGE;
    this.drawLegend(name.label, coloring, missing ? without : null, unreadable.length);
    keepingFocus(table, () => {
      replace(
        table,
        sections.map((section) => this.section(section, cell)),
      );
      gridKeys(table);
    });
    this.byLayer.show(sections[0]?.grid, values, untrained, name.label, metrics !== null);
    topModules(this.top, lora, values, untrained, name.label, metrics !== null, (module) => this.open(module));
  }

  private section({ block, grid }: GridSection, cell: (module: number) => HTMLElement): HTMLElement[] {
    const table = layerTable(grid, cell, block ?? undefined);
    const others = grid.others.length > 0 && otherModules(grid, this.context.description.lora, cell);
    const several = this.sections.length > 1;
    const title = block ?? (table ? 'Outside the blocks' : 'Modules');
    return [
      ...(several || (!table && others) ? [h('h3', {}, breakable(title))] : []),
      ...(table ? [table] : []),
      ...(table && others && !several ? [h('h3', {}, 'Outside the numbered layers')] : []),
      ...(others ? [others] : []),
    ];
  }

  private coloring(): Coloring {
    const { metrics } = this;
    const { lora } = this.context.description;
    const values =
      metricValues(this.metric.metric, metrics, this.context.client.base) ?? new Float64Array(lora.length).fill(NaN);
    const untrained = lora.map((_, module) => metrics?.bNorm[module] === 0);
    const trained = [...values].filter((value, module) => Number.isFinite(value) && !untrained[module]);
    const [low = 0, high = 1] = extent(trained);
    const from = low > 0 && low > high * 0.5 ? low : Math.min(low, 0);
    const position = scaleLinear([from, high > from ? high : from + 1], [0, 1]).clamp(true);
    return { values, untrained, position, range: metrics && trained.length > 0 ? [from, high] : null };
  }

  private drawLegend(label: string, coloring: Coloring, missing: string | null, unreadable: number): void {
    const { range, position } = coloring;
    const untrained = coloring.untrained.filter(Boolean).length;
    const key = (className: string, mark: string, text: string): HTMLElement =>
      h('span', { class: 'legend-key' }, h('span', { class: `swatch ${className}` }, mark), text);
    replace(
      this.legend,
      missing,
      range && rampLegend(label, range[0], range[1], (value) => viridis(position(value))),
      untrained > 0 && key('untrained', '', `B = 0: untrained (${untrained})`),
      unreadable > 0 && key('failed', '!', `cannot be shown (${unreadable}); point at one to see why`),
    );
  }

  private cell(
    module: number,
    metric: string,
    { values, untrained, position }: Coloring,
    computed: boolean,
    failure: string | undefined,
  ): HTMLElement {
    const { description, store } = this.context;
    const info = description.lora[module]!;
    const cell = gridCell({
      info,
      metric,
      value: values[module] ?? NaN,
      color: (value) => viridis(position(value)),
      untrained: untrained[module] === true,
      computed,
      failure: failure ?? info.unavailable ?? null,
      focused: info.module === store.get().module,
      open: () => this.open(module),
    });
    return withFindingMark(cell, this.context.findings?.of(info.module));
  }

  private open(module: number): void {
    const info = this.context.description.lora[module];
    if (info) this.context.store.set({ tab: 'lora', module: info.module });
  }
}
