/** The views of a source in their order, and the one that opens first. */

import type { SourceDescription } from '../../../src/protocol/source';
import type { TabName, View, ViewContext } from '../context';
import { infoView } from './infoView';

type MakeView = (context: ViewContext) => View;

interface Tab {
  readonly label: string;
  /** The view shows matrices: colours matter, and the details panel describes one of them. */
  readonly matrices: boolean;
  readonly details: boolean;
  /** Loads the view's script on first use. Rejects if that fails; a later call tries again. */
  load(): Promise<MakeView>;
}

// The comments name the script files. Views in one file are opened together; all share the heatmap's script.
export const TABS: Readonly<Record<TabName, Tab>> = {
  overview: {
    label: 'Overview',
    matrices: false,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-overview" */ './gridView')).gridView,
  },
  methods: {
    label: 'Overview',
    matrices: false,
    details: true,
    load: async () => (await import(/* webpackChunkName: "inspector-overview" */ './methodsView')).methodsView,
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
    methods: description.kind === 'checkpoint' && measuredModules(description) > 0,
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

/** The number of modules that the overview of other methods shows. */
function measuredModules({ adapters = [], bottlenecks }: SourceDescription): number {
  return bottlenecks.length + adapters.filter(({ method }) => method === 'IA3').length;
}

/** The tab of products is named after the method if it is LoRA, and after its contents otherwise. */
export function tabLabel(name: TabName, { method, kind }: SourceDescription): string {
  return name === 'lora' && kind === 'checkpoint' && method !== null && method !== 'LORA' ? 'ΔW' : TABS[name].label;
}

/**
 * An adapter opens on its overview and the demo on its LoRA layer. Other files open on their method, or else on their
 * tensors.
 */
export function firstTab(description: SourceDescription): TabName {
  return tabsOf(description)[0] ?? 'info';
}
