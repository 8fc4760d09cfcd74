/** Sentences of findings, and the names of modules in them. */

import type { LoraModuleInfo } from '../checkpoint/sourceDescription';
import { quoted } from '../peftConfig/quoted';
import type { LocalText } from '../protocol/localText';

/** Names listed in one sentence. */
const LISTED = 5;
/** Kinds of modules listed in one sentence. */
const LISTED_KINDS = 3;

export function sentence(message: string, ...args: (string | number)[]): LocalText {
  return { message, args };
}

/** The text in English, for surfaces without a translation. */
export function inEnglish({ message, args }: LocalText): string {
  return message.replace(/\{(\d+)\}/g, (place, index: string) => String(args[Number(index)] ?? place));
}

/** 'a', 'b' and 3 more. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map(quoted).join(', ');
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown;
}

/**
 * Names modules briefly: whole layers by their numbers, one kind of module by the layers that have it, and others by
 * their names. `all` are the modules of the adapter.
 */
export function place(modules: readonly LoraModuleInfo[], all: readonly LoraModuleInfo[]): string {
  const names = listed(modules.map(({ module }) => module));
  const layers = new Set(modules.map(({ layer }) => layer));
  if (modules.length < 2 || layers.has(null)) return names;
  const numbers = [...layers] as number[];
  const inLayers = all.filter(({ layer }) => layers.has(layer)).length;
  if (inLayers === modules.length) return `all modules of ${layerRanges(numbers)}`;
  const kinds = [...new Set(modules.map(({ group }) => group))];
  const isGrid = kinds.length * numbers.length === modules.length;
  return isGrid && kinds.length <= LISTED_KINDS ? `${listed(kinds)} of ${layerRanges(numbers)}` : names;
}

/** 'layer 3', 'layers 0 to 7, 12'. */
function layerRanges(layers: readonly number[]): string {
  const sorted = [...layers].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const layer of sorted) {
    const last = ranges.at(-1);
    if (last && layer === last[1] + 1) last[1] = layer;
    else ranges.push([layer, layer]);
  }
  const texts = ranges.slice(0, LISTED).map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  const more = ranges.length > LISTED ? ` and more` : '';
  return `${sorted.length === 1 ? 'layer' : 'layers'} ${texts.join(', ')}${more}`;
}
