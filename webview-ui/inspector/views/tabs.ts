/** Which views a source has, in their order, and which opens first. */

import type { SourceDescription } from '../../../src/protocol/source';
import type { TabName, View, ViewContext } from '../context';
import { infoView } from './infoView';

type MakeView = (context: ViewContext) => View;

interface Tab {
  readonly label: string;
  /** Shows matrices, so colours matter and the details panel sums one up. */
  readonly matrices: boolean;
  readonly details: boolean;
  /** Fetches the view's script on its first use. Rejects where that fails; a later call tries again. */
  load(): Promise<MakeView>;
}

// The comments name the files: views in one are opened together, and share the heatmap's script with all others.
export const TABS: Readonly<Record<TabName, Tab>> = {
  overview: {
    label: 'Overview',
    matrices: false,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-overview" */ './gridView')).gridView,
  },
  lora: {
    label: 'LoRA',
    matrices: true,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-matrices" */ './loraView')).loraView,
  },
  adapter: {
    label: 'Adapter',
    matrices: true,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-methods" */ './adapterView')).adapterView,
  },
  prefix: {
    label: 'Prefix',
    matrices: true,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-methods" */ './prefixView')).prefixView,
  },
  prompt: {
    label: 'Prompt',
    matrices: true,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-methods" */ './promptView')).promptView,
  },
  tensors: {
    label: 'Tensors',
    matrices: true,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-matrices" */ './tensorView')).tensorView,
  },
  scan: {
    label: 'Scan',
    matrices: false,
    details: false,
    load: async () => (await import(/* webpackChunkName: "inspector-overview" */ './scanView')).scanView,
  },
  info: {
    label: 'Info',
    matrices: false,
    details: false,
    load: () => Promise.resolve(({ description }) => infoView(description)),
  },
};

export function tabsOf(description: SourceDescription): TabName[] {
  const has: Readonly<Record<TabName, boolean>> = {
    overview: description.kind === 'checkpoint' && description.lora.length > 0,
    lora: description.lora.length > 0,
    adapter: description.bottlenecks.length > 0,
    prefix: description.prefixes.length > 0,
    prompt: description.prompts.length > 0,
    tensors: description.tensors.length > 0,
    scan: description.kind === 'checkpoint' && description.tensors.length > 0,
    info: true,
  };
  return (Object.keys(TABS) as TabName[]).filter((name) => has[name]);
}

/** An adapter opens on its overview, the demo on its LoRA layer, any other file on its method or else its tensors. */
export function firstTab(description: SourceDescription): TabName {
  return tabsOf(description)[0] ?? 'info';
}
