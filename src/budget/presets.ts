/**
 * Models to plan for without a config.json, with the sizes of their published configs (presets/), and the one function
 * that finds them by name. A test holds each of them against the total that transformers builds.
 */

import { DECODER_PRESETS } from './presets/decoders';
import { ENCODER_PRESETS } from './presets/encoders';
import { GEMMA_PRESETS } from './presets/gemma';
import { GPT_PRESETS } from './presets/gpt';
import { LLAMA_PRESETS } from './presets/llama';
import { MISTRAL_PRESETS } from './presets/mistral';
import { lastPart } from './presets/presetTable';
import type { Preset } from './presets/presetTable';
import { QWEN_PRESETS } from './presets/qwen';
import { RECENT_PRESETS } from './presets/recent';
import { SEQUENCE_TO_SEQUENCE_PRESETS } from './presets/sequenceToSequence';
import { CHANGING_COPIES, COPYING_ORGANISATIONS, QUANTISED_ENDINGS } from './presets/twins';

export type { Preset } from './presets/presetTable';

export const PRESETS: readonly Preset[] = [
  ...LLAMA_PRESETS,
  ...MISTRAL_PRESETS,
  ...QWEN_PRESETS,
  ...GEMMA_PRESETS,
  ...DECODER_PRESETS,
  ...GPT_PRESETS,
  ...ENCODER_PRESETS,
  ...SEQUENCE_TO_SEQUENCE_PRESETS,
  ...RECENT_PRESETS,
];

/** Presets by id and by Hub id, in lower case. */
const byName = new Map(PRESETS.flatMap((preset) => [preset.id, ...preset.hubIds].map((name) => [key(name), preset])));

/** Presets by Hub id without its organisation; `null` if two presets share that part. */
const byLastPart = new Map<string, Preset | null>();
for (const [name, preset] of byName) {
  const part = lastPart(name);
  const known = byLastPart.get(part);
  byLastPart.set(part, known === undefined || known === preset ? preset : null);
}

export interface NamedPreset {
  readonly preset: Preset;
  /**
   * False if only the last part of the name is known: an organisation that is not known to copy models may give the
   * name to another model, so the preset stands in for it.
   */
  readonly exact: boolean;
}

/**
 * The preset of a model that is named by a Hub id, with or without its organisation, by the path of a local copy, or by
 * a preset's id. Letter case and the ending of a quantised copy do not matter. `null` if there is no such preset.
 */
export function presetNamed(name: string): NamedPreset | null {
  const wanted = key(name.trim());
  return found(wanted) ?? found(withoutQuantisation(wanted));
}

function found(wanted: string): NamedPreset | null {
  const named = byName.get(wanted);
  if (named) return { preset: named, exact: true };
  const segments = wanted.split(/[\\/]/).filter(Boolean);
  const preset = byLastPart.get(segments.at(-1) ?? '') ?? null;
  const organisation = segments.length === 2 && !/^[./\\~]|^[a-z]:/.test(wanted) ? segments[0]! : null;
  return preset && { preset, exact: organisation === null || copies(organisation, preset) };
}

function copies(organisation: string, { config }: Preset): boolean {
  if (!COPYING_ORGANISATIONS.includes(organisation)) return false;
  return CHANGING_COPIES[organisation]?.includes(String(config['model_type'])) !== true;
}

function withoutQuantisation(name: string): string {
  const ending = QUANTISED_ENDINGS.find((each) => name.endsWith(each));
  return ending === undefined ? name : name.slice(0, -ending.length);
}

/** The presets with a Hub id in which every word of the text starts a word, for lists of suggestions. */
export function searchPresets(text: string): readonly Preset[] {
  const wanted = words(text);
  if (wanted.length === 0) return [];
  return PRESETS.filter(({ id, hubIds }) =>
    [id, ...hubIds].some((name) => {
      const own = words(name);
      return wanted.every((word) => own.some((each) => each.startsWith(word)));
    }),
  );
}

function words(text: string): readonly string[] {
  return key(text)
    .split(/[\s/_-]+/)
    .filter(Boolean);
}

function key(name: string): string {
  return name.toLowerCase();
}
