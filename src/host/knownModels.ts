import * as vscode from 'vscode';
import { isObject } from '../peftConfig/configValues';
import type { ChosenModel, ModelReference } from '../protocol/models';

const MODELS_KEY = 'peft.models';
const CHOSEN_KEY = 'peft.chosenModels';
/** Models of other folders that were used last, and names that models were chosen for. */
const MAX_KEPT = 30;

/** A model by its config.json outside the workspace. */
interface OutsideModel {
  readonly id: string;
  readonly title: string;
  readonly path: string;
}

/** Models that people or adapters brought in from outside the workspace, and what they chose for names not found. */
export class KnownModels {
  constructor(private readonly state: vscode.Memento) {}

  outside(): readonly OutsideModel[] {
    return this.list(MODELS_KEY).flatMap((entry) => {
      const { id, title, path } = isObject(entry) ? entry : {};
      return typeof id === 'string' && typeof title === 'string' && typeof path === 'string'
        ? [{ id, title, path }]
        : [];
    });
  }

  /** The calculator's id of the model, under which it is found again. */
  async add(path: string, title: string): Promise<string> {
    const id = `file:${vscode.Uri.file(path).toString()}`;
    const others = this.outside().filter((each) => each.id !== id);
    await this.state.update(MODELS_KEY, [{ id, title, path }, ...others].slice(0, MAX_KEPT));
    return id;
  }

  chosen(): readonly ChosenModel[] {
    return this.list(CHOSEN_KEY).flatMap((entry) => {
      const { name, model } = isObject(entry) ? entry : {};
      const reference = readReference(model);
      return typeof name === 'string' && reference ? [{ name, model: reference }] : [];
    });
  }

  async choose(name: string, model: ModelReference): Promise<void> {
    const others = this.chosen().filter((each) => each.name !== name);
    await this.state.update(CHOSEN_KEY, [{ name, model }, ...others].slice(0, MAX_KEPT));
  }

  private list(key: string): readonly unknown[] {
    const kept: unknown = this.state.get(key);
    return Array.isArray(kept) ? kept : [];
  }
}

/** Kept are references alone, never configs. */
function readReference(value: unknown): ModelReference | null {
  const { kind, id, title, path } = isObject(value) ? value : {};
  if (kind === 'preset' && typeof id === 'string') return { kind, id };
  if (kind === 'file' && typeof title === 'string' && typeof path === 'string') return { kind, title, path };
  return null;
}
