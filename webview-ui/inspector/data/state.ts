/**
 * The user's place and settings: everything that survives hiding, reloading and a restart of the editor. The state
 * never holds values.
 */

import type { InspectorViewState } from '../../../src/protocol/inspector';
import type { BaseMetric } from '../../../src/protocol/baseComparison';
import type { ModuleMetric, Reduction } from '../../../src/protocol/matrix';
import type { SchemeName, Viewport } from '../../shared/heatmap/types';

/** The colour limit: the largest |value|, or the |value| below which this share of the entries lies. */
export type Domain = 'max' | 0.999 | 0.99 | 0.95;

export interface InspectorState extends InspectorViewState {
  readonly tab: string;
  readonly module: string;
  readonly tensor: string;
  readonly slice: readonly number[];
  /** -1 until the user moves the slider. */
  readonly step: number;
  readonly metric: ModuleMetric | BaseMetric;
  readonly corner: 'delta' | 'weight' | 'merged';
  readonly gradients: boolean;
  readonly scheme: SchemeName;
  readonly scale: 'linear' | 'symlog';
  readonly reduction: Reduction;
  readonly domain: Domain;
  /** True for one colour domain for all matrices of a view, false for one each. */
  readonly linked: boolean;
  /** True if the colour domain stays the same for all training steps. */
  readonly fixed: boolean;
  readonly spectrumScale: 'linear' | 'log';
  /** The module chosen among those of its kind. */
  readonly bottleneck: string;
  readonly prefix: string;
  readonly prompt: string;
  readonly layer: number;
  readonly batch: number;
  readonly head: number;
  readonly filter: string;
  readonly sort: string;
  /** Open groups of the tensor tree; `null` until the user opens or closes one. */
  readonly openGroups: readonly string[] | null;
  /** What the tensor view looks for once it opens, and then forgets. */
  readonly seek: '' | 'nonNumber';
  readonly scanSort: string;
  readonly scanDescending: boolean;
  /** What the prompt view shows. */
  readonly promptPart: 'sequence' | 'prompt' | 'similarity' | 'gradient';
  /** What colours the overview of (IA)³ vectors or bottleneck adapters; '' for the first measure. */
  readonly methodMeasure: string;
  readonly details: boolean;
  readonly problemsOpen: boolean;
  /** The last view of each matrix. Pairs, because a name from a file must never be an object key. */
  readonly viewports: readonly (readonly [string, Viewport])[];
}

export const INITIAL_STATE: InspectorState = {
  tab: '',
  module: '',
  tensor: '',
  slice: [],
  step: -1,
  metric: 'deltaNorm',
  corner: 'delta',
  gradients: false,
  scheme: 'redBlue',
  scale: 'linear',
  reduction: 'maxAbs',
  domain: 0.999,
  linked: false,
  fixed: true,
  spectrumScale: 'linear',
  bottleneck: '',
  prefix: '',
  prompt: '',
  layer: 0,
  batch: 0,
  head: 0,
  filter: '',
  sort: 'tree',
  openGroups: null,
  seek: '',
  scanSort: 'name',
  scanDescending: false,
  promptPart: 'sequence',
  methodMeasure: '',
  details: true,
  problemsOpen: false,
  viewports: [],
};

/** More views than a user returns to. The limit keeps the saved state small. */
const MAX_VIEWPORTS = 40;

const CHOICES: { readonly [K in keyof InspectorState]?: readonly unknown[] } = {
  metric: [
    'deltaNorm',
    'aNorm',
    'bNorm',
    'spectralNorm',
    'effectiveRank',
    'stableRank',
    'maxAbs',
    'weightShare',
    'outAngle',
    'inAngle',
  ],
  corner: ['delta', 'weight', 'merged'],
  scheme: ['redBlue', 'purpleOrange', 'brownTeal', 'viridis'],
  scale: ['linear', 'symlog'],
  reduction: ['mean', 'maxAbs', 'min', 'max'],
  domain: ['max', 0.999, 0.99, 0.95],
  spectrumScale: ['linear', 'log'],
  promptPart: ['sequence', 'prompt', 'similarity', 'gradient'],
  seek: ['', 'nonNumber'],
};

interface Kept {
  get(): object;
  set(changes: Partial<InspectorState>): void;
}

type StateChange = ReadonlySet<keyof InspectorState>;

/** The state, saved through `kept`. Listeners get the fields that changed. */
export class StateStore {
  private state: InspectorState;
  private readonly listeners = new Set<(changed: StateChange) => void>();

  constructor(private readonly kept: Kept) {
    this.state = restored(kept.get());
  }

  get(): InspectorState {
    return this.state;
  }

  set(changes: Partial<InspectorState>): void {
    const changed = new Set<keyof InspectorState>();
    for (const key of Object.keys(changes) as (keyof InspectorState)[]) {
      if (changes[key] !== this.state[key]) changed.add(key);
    }
    if (changed.size === 0) return;
    this.state = { ...this.state, ...changes };
    this.kept.set(this.state);
    for (const listener of [...this.listeners]) listener(changed);
  }

  /** Returns a function that removes the listener. */
  subscribe(listener: (changed: StateChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  viewport(key: string): Viewport | null {
    return this.state.viewports.find(([kept]) => kept === key)?.[1] ?? null;
  }

  /** `null` if the whole matrix is in view, which is how a view starts. */
  setViewport(key: string, viewport: Viewport | null): void {
    const others = this.state.viewports.filter(([kept]) => kept !== key);
    if (!viewport && others.length === this.state.viewports.length) return;
    this.set({ viewports: viewport ? [...others.slice(1 - MAX_VIEWPORTS), [key, viewport]] : others });
  }
}

/** State saved by another version of the extension may have any shape. Each field is taken only if it is valid. */
function restored(kept: object): InspectorState {
  const state: Record<string, unknown> = { ...INITIAL_STATE };
  for (const [key, value] of Object.entries(kept)) {
    if (!(key in INITIAL_STATE)) continue;
    const initial = INITIAL_STATE[key];
    const choices = CHOICES[key];
    if (key === 'viewports') state[key] = Array.isArray(value) ? value.filter(isKeptViewport) : initial;
    else if (key === 'openGroups') state[key] = isTexts(value) ? value : initial;
    else if (key === 'slice') state[key] = Array.isArray(value) && value.every(Number.isInteger) ? value : initial;
    else if (choices) state[key] = choices.includes(value) ? value : initial;
    else if (typeof value === typeof initial) state[key] = value;
  }
  return state as unknown as InspectorState;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function isKeptViewport(entry: unknown): entry is readonly [string, Viewport] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false;
  const viewport: unknown = entry[1];
  if (typeof viewport !== 'object' || viewport === null) return false;
  const { x0, x1, y0, y1 } = viewport as Record<string, unknown>;
  return [x0, x1, y0, y1].every(Number.isFinite) && Number(x0) < Number(x1) && Number(y0) < Number(y1);
}
