/** What every view of the inspector is given. */

import type { SourceDescription } from '../../src/protocol/source';
import type { InspectorClient } from './data/inspectorClient';
import type { StateStore } from './data/state';
import type { CellInspector } from './parts/matrix/cellInspector';
import type { ActiveMatrix } from './parts/matrix/activeMatrix';

export interface ViewContext {
  readonly client: InspectorClient;
  readonly store: StateStore;
  readonly description: SourceDescription;
  readonly cells: CellInspector;
  readonly active: ActiveMatrix;
  /** A short word at the bottom: what was done, or why it could not be. */
  notify(text: string): void;
  /** Runs a task and says how it ended: what it returns, or why it failed. */
  attempt(task: () => Promise<string>): Promise<void>;
  /** What only a screen reader hears. */
  announce(text: string): void;
}

export interface View {
  readonly element: HTMLElement;
  /** Cards for the details panel. */
  readonly details: readonly HTMLElement[];
  dispose(): void;
}

export type TabName = 'overview' | 'lora' | 'adapter' | 'prefix' | 'prompt' | 'tensors' | 'scan' | 'info';
