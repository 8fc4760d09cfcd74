/** What every view of the inspector gets. */

import type { SourceDescription } from '../../src/protocol/source';
import type { InspectorClient } from './data/inspectorClient';
import type { FindingsStore } from './data/findingsStore';
import type { StateStore } from './data/state';
import type { CellInspector } from './parts/matrix/cellInspector';
import type { ActiveMatrix } from './parts/matrix/activeMatrix';

export interface ViewContext {
  readonly client: InspectorClient;
  readonly store: StateStore;
  readonly description: SourceDescription;
  /** What is wrong or odd with the source; `null` for the demo. */
  readonly findings: FindingsStore | null;
  readonly cells: CellInspector;
  readonly active: ActiveMatrix;
  /** Shows a short message at the bottom: what was done, or why it failed. */
  notify(text: string): void;
  /** Runs a task and shows how it ended: the text it returns, or why it failed. */
  attempt(task: () => Promise<string>): Promise<void>;
  /** Announces text to a screen reader only. */
  announce(text: string): void;
}

export interface View {
  readonly element: HTMLElement;
  /** Cards for the details panel. */
  readonly details: readonly HTMLElement[];
  dispose(): void;
}

export type TabName = 'overview' | 'methods' | 'lora' | 'adapter' | 'prefix' | 'prompt' | 'tensors' | 'scan' | 'info';
