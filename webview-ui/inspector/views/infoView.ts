/** The source as a whole: the file, its configuration and metadata. */

import type { SourceDescription, TrainedMethod } from '../../../src/protocol/source';
import { formatBytes, formatCount } from '../../shared/formatNumber';
import type { View } from '../context';
import { jsonEntries } from '../data/jsonEntries';
import { h } from '../../shared/element';

/** A training tool may store megabytes of JSON in one entry. A button shows the rest. */
const SHOWN_TEXT = 2000;

const METHOD_NAMES: Readonly<Record<TrainedMethod, string>> = {
  lora: 'LoRA',
  adapter: 'Adapter',
  prefix: 'Prefix',
  prompt: 'Prompt',
};

export function infoView(description: SourceDescription): View {
  const { file } = description;
  const facts: [string, string][] = [
    ['Parameters', formatCount(description.parameters)],
    ['Tensors', formatCount(description.tensors.length)],
    ['Data types', countedTypes(description)],
  ];
  if (description.layout) facts.unshift(['Written by', description.layout]);
  if (description.method) facts.unshift(['Method', description.method]);
  if (description.lora.length > 0) facts.push(['Modules with ΔW', formatCount(description.lora.length)]);
  for (const row of moduleFacts(description)) facts.push(row);
  const cards = [card('Contents', facts)];
  if (file) {
    cards.push(
      card('File', [
        ['Path', file.path],
        ['Format', file.format],
        ['Size', `${formatBytes(file.bytes)} (${formatCount(file.bytes)} bytes)`],
        ['Header', `${formatCount(file.headerBytes)} bytes`],
        ...shardFacts(file.shards ?? []),
        ['Modified', file.modified > 0 ? new Date(file.modified).toLocaleString() : 'unknown'],
      ]),
    );
  }
  for (const [method, training] of Object.entries(description.trainings ?? {})) {
    cards.push(
      card(`Training: ${METHOD_NAMES[method as TrainedMethod]}`, [
        ['Optimiser', training.optimiser],
        ['Target', training.target],
        ['Steps', String(training.recordedSteps.at(-1) ?? 0)],
        ['Recorded steps', String(training.recordedSteps.length)],
      ]),
    );
  }
  if (description.kind === 'demo') cards.push(card('Demo', description.config));
  if (description.kind === 'checkpoint') {
    cards.push(card('Adapter configuration', description.config, 'No usable adapter_config.json beside this file.'));
    cards.push(card('Metadata in the file', file?.metadata ?? [], 'The header holds no metadata.'));
  }
  return { element: h('div', { class: 'info-view' }, cards), details: [], dispose: () => undefined };
}

/** Modules of methods that are not a product of factors, and tensors that belong to no module. */
function moduleFacts({ adapters = [], lora, unexplained = [] }: SourceDescription): [string, string][] {
  const products = new Set(lora.map(({ module }) => module.replace(/\[\d+\]$/, '')));
  const others = new Map<string, number>();
  for (const { module, method } of adapters)
    if (!products.has(module)) others.set(method, (others.get(method) ?? 0) + 1);
  const counted = [...others].map(
    ([method, count]) => `${method === 'SAVED' ? 'saved whole' : method} (${formatCount(count)})`,
  );
  return [
    ...(counted.length > 0
      ? [[products.size > 0 ? 'Other modules' : 'Modules', counted.join(', ')] as [string, string]]
      : []),
    ...(unexplained.length > 0
      ? [['Unrecognised tensors', unexplained.map(({ tensor }) => tensor).join(', ')] as [string, string]]
      : []),
  ];
}

function shardFacts(shards: readonly { readonly bytes: number }[]): [string, string][] {
  const missing = shards.filter(({ bytes }) => bytes === 0).length;
  if (shards.length === 0) return [];
  return [['Shards', `${formatCount(shards.length)}${missing > 0 ? `, ${missing} of them not readable` : ''}`]];
}

function card(title: string, pairs: readonly (readonly [string, string])[], empty = ''): HTMLElement {
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, title),
    pairs.length > 0
      ? h(
          'dl',
          { class: 'facts' },
          pairs.flatMap(([label, text]) => [h('dt', {}, label), h('dd', {}, nested(text) ?? cut(text))]),
        )
      : h('p', { class: 'note' }, empty),
  );
}

/** The entries of a text that is a JSON object, such as MLX's `lora_parameters`; `null` for any other text. */
function nested(text: string): HTMLElement | null {
  const entries = jsonEntries(text);
  return (
    entries &&
    h(
      'dl',
      { class: 'facts nested' },
      entries.flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, cut(value))]),
    )
  );
}

function cut(text: string): (Node | string)[] {
  if (text.length <= SHOWN_TEXT) return [text];
  const shown = document.createTextNode(`${text.slice(0, SHOWN_TEXT)}… `);
  const more = h(
    'button',
    { type: 'button', class: 'small', onclick: () => ((shown.data = text), more.remove()) },
    `Show all ${formatCount(text.length)} characters`,
  );
  return [shown, more];
}

function countedTypes({ tensors }: SourceDescription): string {
  const counts = new Map<string, number>();
  for (const { dtype } of tensors) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  return [...counts].map(([dtype, count]) => `${dtype} (${formatCount(count)})`).join(', ') || 'none';
}
