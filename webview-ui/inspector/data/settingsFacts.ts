/** How an adapter is set up, in a few words: the second line of its page. */

import type { LoraModuleInfo, SourceDescription } from '../../../src/protocol/source';
import { shortenedName, withinCharacters } from '../../../src/text/shortNames';
import { formatCount, formatNumber, formatPercent } from '../../shared/formatNumber';

/** Characters of a setting, such as a pattern of targets, that the line shows. */
const SHOWN_CHARACTERS = 160;
/** Names of targets in the line. The Info tab has all. */
const LISTED = 7;
/** Rows of the config that the line does not repeat, or that are too long for it. */
const OWN_ROWS: ReadonlySet<string> = new Set([
  ...['Method', 'Base model', 'Rank r', 'Alpha', 'Target modules', 'Target parameters', 'Saved modules'],
  ...['Rank pattern', 'Alpha pattern', 'Excluded modules', 'PEFT version', 'Task', 'Adapter', 'LoRA parameters'],
  ...['Dropout', 'Initialised', 'Bias', 'Weights stored (in, out)'],
]);

/** Label and text of each setting; empty for a file that is no adapter. */
export function settingsFacts(description: SourceDescription): (readonly [string, string])[] {
  const { kind, method, lora, adapters = [], config } = description;
  if (kind !== 'checkpoint' || (method === null && lora.length === 0 && adapters.length === 0)) return [];
  const row = (label: string): string | undefined => config.find(([own]) => own === label)?.[1];
  const facts: (readonly [string, string])[] = [];
  const add = (label: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') facts.push([label, shortenedName(text, withinCharacters(SHOWN_CHARACTERS))]);
  };
  const stored = lora.filter(({ unavailable }) => unavailable === undefined);
  if (stored.length > 0) {
    // The rank of a product, where the file does not tell the method's own, can be larger: LoHa's is that squared.
    add('r', range(methodModules(description).map(({ rank }) => rank)) ?? range(stored.map(({ rank }) => rank)));
    add('α', range(stored.map(({ alpha }) => alpha)));
    add('scaling', range(stored.map(({ scaling }) => scaling)));
  }
  for (const fact of sizes(description)) facts.push(fact);
  for (const [label, text] of config) if (!OWN_ROWS.has(label)) add(lowerFirst(label), text);
  add('targets', targets(description));
  add('saved whole', savedWhole(description));
  add('base', row('Base model'));
  return facts;
}

/** '16', '8 to 64'; `undefined` if no value is known. */
function range(values: readonly (number | null)[]): string | undefined {
  const known = [...new Set(values.filter((value): value is number => value !== null))].sort((a, b) => a - b);
  const [low] = known;
  const high = known.at(-1);
  if (low === undefined || high === undefined) return undefined;
  return low === high ? formatNumber(low) : `${formatNumber(low)} to ${formatNumber(high)}`;
}

function sizes({ bottlenecks, prefixes, prompts, config }: SourceDescription): (readonly [string, string])[] {
  const [bottleneck] = bottlenecks;
  const [prefix] = prefixes;
  const [prompt] = prompts;
  const says = (label: string): boolean => config.some(([own]) => own === label);
  return [
    ...(bottleneck
      ? [
          ['bottleneck', `${formatCount(bottleneck.dModel)} → ${formatCount(bottleneck.bottleneckDim)}`] as const,
          ...(bottleneck.nonLinearity !== undefined ? [['activation', bottleneck.nonLinearity] as const] : []),
        ]
      : []),
    ...(prefix
      ? [
          ...(says('Virtual tokens') ? [] : [['virtual tokens', formatCount(prefix.prefixLength)] as const]),
          ...(says('Layers') ? [] : [['layers', formatCount(prefix.numLayers)] as const]),
        ]
      : []),
    ...(prompt && !says('Virtual tokens') ? [['virtual tokens', formatCount(prompt.promptLength)] as const] : []),
  ];
}

/** The modules that the method changes, with what the file or its config states about each. */
function methodModules({ adapters = [] }: SourceDescription): NonNullable<SourceDescription['adapters']> {
  return adapters.filter(({ method, module }) => method !== 'SAVED' && module !== '');
}

/** The config's targets, or the last names of the modules in the file. */
function targets(description: SourceDescription): string | undefined {
  const { settings, lora } = description;
  if (settings?.targetPattern) return settings.targetPattern;
  const named = [...(settings?.targetModules ?? []), ...(settings?.targetParameters ?? [])];
  const modules: readonly Pick<LoraModuleInfo, 'module'>[] = lora.length > 0 ? lora : methodModules(description);
  const names = named.length > 0 ? named : modules.map(({ module }) => module.slice(module.lastIndexOf('.') + 1));
  const distinct = [...new Set(names)];
  if (distinct.length === 0) return undefined;
  const more = distinct.length > LISTED ? ` and ${formatCount(distinct.length - LISTED)} more` : '';
  return `${distinct.slice(0, LISTED).join(', ')}${more}`;
}

/** The modules that were saved whole, with their share of the parameters in the file. */
function savedWhole({ adapters = [], parameters, settings }: SourceDescription): string | undefined {
  const saved = adapters.filter(({ method }) => method === 'SAVED');
  const count = saved.reduce((sum, { parameters: own }) => sum + own, 0);
  if (count === 0 || parameters === 0) return undefined;
  const names = settings && settings.modulesToSave.length > 0 ? settings.modulesToSave : lastNames(saved);
  const more = names.length > LISTED ? ` and ${formatCount(names.length - LISTED)} more` : '';
  return `${names.slice(0, LISTED).join(', ')}${more} (${formatPercent(count / parameters)} of the parameters)`;
}

function lastNames(modules: readonly { readonly module: string }[]): string[] {
  return [...new Set(modules.map(({ module }) => module.slice(module.lastIndexOf('.') + 1)))];
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}
