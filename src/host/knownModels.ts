import * as vscode from 'vscode';
import { isObject } from '../peftConfig/configValues';
import type { ChosenModel, ModelReference } from '../protocol/models';

const MODELS_KEY = 'peft.models';
const CHOSEN_KEY = 'peft.chosenModels';
/** Limit on stored recent models from outside the workspace, and on stored choices by name. */
const MAX_KEPT = 30;

/** A config.json outside the workspace that describes a model. */
interface OutsideModel {
  readonly id: string;
  readonly title: string;
  readonly path: string;
}

/** Models from outside the workspace, and the user's choices for names that were not found. */
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

  /** Stores the model and returns its id in the calculator. */
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

/** Only references are stored, never configs. */
function readReference(value: unknown): ModelReference | null {
  const { kind, id, title, path } = isObject(value) ? value : {};
  if (kind === 'preset' && typeof id === 'string') return { kind, id };
  if (kind === 'file' && typeof title === 'string' && typeof path === 'string') return { kind, title, path };
  return null;
}
