/** The singular values of ΔW of a module, computed from its factors. */

import type { BaseComparison } from '../../../../src/protocol/baseComparison';
import type { Spectrum } from '../../../../src/protocol/matrix';
import { CancelledError } from '../../../../src/protocol/rpc';
import type { LoraModuleInfo } from '../../../../src/protocol/source';
import { formatCount, formatNumber } from '../../../shared/formatNumber';
import type { ViewContext } from '../../context';
import { largestRank } from '../../data/loraSubjects';
import type { StateStore } from '../../data/state';
import { h, replace } from '../../../shared/element';
import { fact } from '../notes/facts';
import { errorText } from '../notes/progressNote';
import { segmented } from '../controls/segmented';
import { spectrumChart } from '../charts/spectrumChart';

const NOT_NUMBERS =
  'A or B holds NaN or an infinity, so ΔW has no singular values. ' +
  'Press N on the picture of A or of B to go to the first of them.';

interface SpectrumCard {
  readonly element: HTMLElement;
  /** `lastStep` sets the height of the axis, so that it stays the same for all steps. */
  show(info: LoraModuleInfo, step: number | undefined, lastStep: number | undefined): void;
  redraw(): void;
  dispose(): void;
}

export function spectrumCard(context: ViewContext): SpectrumCard {
  const { client, store } = context;
  const picture = spectrumChart();
  const scale = scalePicker(store);
  const facts = h('dl', { class: 'facts' });
  const problem = h('p', { class: 'note' });
  const element = h(
    'section',
    { class: 'card' },
    h('div', { class: 'card-head' }, h('h2', {}, 'Singular values of ΔW'), scale.element),
    picture.element,
    problem,
    facts,
  );
  let controller: AbortController | null = null;
  let shown: { spectrum: Spectrum; ceiling: number } | null = null;

  function redraw(): void {
    const { spectrumScale } = store.get();
    scale.show(spectrumScale);
    picture.show(shown?.spectrum ?? null, spectrumScale, shown?.ceiling ?? 0);
  }

  return {
    element,
    redraw,
    show(info, step, lastStep) {
      controller?.abort();
      picture.element.toggleAttribute('hidden', info.unavailable !== undefined);
      scale.element.hidden = info.unavailable !== undefined;
      if (info.unavailable !== undefined) {
        problem.textContent = `There is no product to decompose: ${info.unavailable}`;
        return replace(facts, scalingFacts(info));
      }
      const mine = (controller = new AbortController());
      const last = lastStep === undefined ? Promise.resolve(null) : client.spectrum(info.module, lastStep);
      Promise.all([client.spectrum(info.module, step, mine.signal), last]).then(
        ([spectrum, final]) => {
          if (mine.signal.aborted) return;
          const known = Number.isFinite(spectrum.norm);
          shown = known ? { spectrum, ceiling: final?.singularValues[0] ?? 0 } : null;
          problem.textContent = known ? '' : NOT_NUMBERS;
          picture.element.toggleAttribute('hidden', !known);
          scale.element.hidden = !known;
          replace(facts, known ? factsOf(context, spectrum, info) : scalingFacts(info));
          redraw();
        },
        (error: unknown) => {
          if (mine.signal.aborted || error instanceof CancelledError) return;
          shown = null;
          replace(facts, scalingFacts(info));
          problem.textContent = `The spectrum could not be computed: ${errorText(error)}`;
          redraw();
        },
      );
    },
    dispose() {
      controller?.abort();
      picture.dispose();
    },
  };
}

function scalePicker(store: StateStore): ReturnType<typeof segmented<'linear' | 'log'>> {
  return segmented(
    'Axis of the singular values',
    [
      { value: 'linear', label: 'linear' },
      { value: 'log', label: 'log' },
    ],
    (value) => store.set({ spectrumScale: value }),
  );
}

function factsOf({ client, description }: ViewContext, spectrum: Spectrum, info: LoraModuleInfo): Node[] {
  const zero = spectrum.norm === 0;
  return [
    ...fact('effective rank', zero ? 'none: ΔW = 0' : `${spectrum.effectiveRank.toFixed(2)} of ${largestRank(info)}`, {
      meaning: 'exp of the entropy of the normalised singular values',
    }),
    ...fact('stable rank', zero ? 'none: ΔW = 0' : spectrum.stableRank.toFixed(2), {
      meaning: 'Frobenius norm squared over spectral norm squared',
    }),
    ...fact('‖ΔW‖ Frobenius', formatNumber(spectrum.norm), {
      meaning: 'Square root of the sum of the squared singular values',
    }),
    ...fact('σ₁ spectral norm', formatNumber(spectrum.singularValues[0] ?? 0), {
      meaning: 'The largest singular value',
    }),
    ...baseFacts(client.base, description.lora.indexOf(info), spectrum),
    ...scalingFacts(info),
  ];
}

/** The change beside the base's weight, once that was read. */
function baseFacts(base: BaseComparison | null, module: number, spectrum: Spectrum): Node[] {
  const weightNorm = base?.weightNorm[module] ?? NaN;
  if (!base || !Number.isFinite(weightNorm)) return [];
  const angle = (label: string, value: number, chance: number): Node[] =>
    Number.isFinite(value)
      ? fact(label, `${value.toFixed(1)}° (chance ${chance.toFixed(1)}°)`, {
          meaning: 'Between the leading directions of ΔW and of W; 90° if they share none',
        })
      : [];
  return [
    ...fact('‖ΔW‖ / ‖W‖', formatNumber(spectrum.norm / weightNorm), { meaning: `‖W‖ is ${formatNumber(weightNorm)}` }),
    ...angle('angle to W, outputs', base.outAngle[module]!, base.outChance[module]!),
    ...angle('angle to W, inputs', base.inAngle[module]!, base.inChance[module]!),
  ];
}

function scalingFacts(info: LoraModuleInfo): Node[] {
  return [
    ...fact('scaling', `${formatNumber(info.scaling)} = ${info.scalingSource}`, { meaning: 'Factor of B · A' }),
    ...(info.formula === undefined ? storedParameters(info) : []),
  ];
}

/** Parameters of a product that is stored as A and B. Other products have fewer. */
function storedParameters(info: LoraModuleInfo): Node[] {
  const parameters = formatCount(info.rank * (info.inFeatures + info.outFeatures));
  return fact('parameters', parameters, { meaning: 'rank × (in + out)' });
}
