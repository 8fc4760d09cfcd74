/** Finds the models that requests refer to, and keeps the ones read last. */

import { isObject } from '../../budget/config';
import { PRESETS, presetForHubName } from '../../budget/presets';
import type { ModelReference, Surroundings, WorkspaceModel } from '../../protocol/planner';
import type { ModelFiles } from './modelFiles';

/** A model whose config was found. The same file gives the same object for `config`, until it changes. */
export interface FoundModel {
  readonly title: string;
  readonly config: unknown;
}

/** The largest published config.json files are a few hundred kilobytes (label maps). */
const MAX_CONFIG_BYTES = 4 << 20;
/** Configs kept: more models than anyone has open at a time. */
const MAX_KEPT = 50;

export class Models {
  private readonly kept = new Map<string, { readonly stamp: string; readonly config: unknown }>();

  constructor(private readonly files: ModelFiles) {}

  /** Null where there is no such model. */
  async find(reference: ModelReference): Promise<FoundModel | null> {
    switch (reference.kind) {
      case 'config':
        return { title: reference.title, config: this.same(reference.config) };
      case 'file':
        return this.read(reference.path, reference.title);
      case 'preset':
        return PRESETS.find(({ id }) => id === reference.id) ?? null;
      case 'named':
        return this.named(reference.name, reference);
    }
  }

  /**
   * The base model of an adapter: the config.json beside the adapter, one of the workspace whose own name or folder is
   * the given name, or a preset with exactly its shape.
   */
  private async named(name: string | null, { folder, workspace }: Surroundings): Promise<FoundModel | null> {
    const beside = workspace.filter((model) => model.folder === folder);
    const sameName = name === null ? [] : workspace.filter((model) => isNamed(model, name));
    for (const model of [...beside, ...sameName]) {
      const found =
        model.path === null
          ? { title: model.title, config: this.same(model.config) }
          : await this.read(model.path, model.title);
      if (found) return found;
    }
    const preset = name === null ? null : presetForHubName(name);
    return preset && { title: preset.title, config: preset.config };
  }

  /** Null for what is not a model's config: other programs' files named config.json may hold anything. */
  private async read(path: string, title: string): Promise<FoundModel | null> {
    const stamp = await this.files.stamp(path, MAX_CONFIG_BYTES);
    if (stamp === null) return null;
    const kept = this.kept.get(path);
    if (kept?.stamp === stamp) return { title, config: kept.config };
    const config = parse((await this.files.readText(path)) ?? '');
    if (!isObject(config)) return null;
    this.keep(path, stamp, config);
    return { title, config };
  }

  /** An equal config that was seen before, so that its table is known. */
  private same(config: unknown): unknown {
    const text = JSON.stringify(config) ?? '';
    const kept = this.kept.get(text);
    if (kept) return kept.config;
    this.keep(text, '', config);
    return config;
  }

  private keep(key: string, stamp: string, config: unknown): void {
    this.kept.delete(key);
    this.kept.set(key, { stamp, config });
    const oldest = this.kept.keys().next();
    if (this.kept.size > MAX_KEPT && !oldest.done) this.kept.delete(oldest.value);
  }
}

function isNamed({ name, ownName }: WorkspaceModel, wanted: string): boolean {
  if (ownName !== null && ownName !== '' && ownName.toLowerCase() === wanted.toLowerCase()) return true;
  return name.toLowerCase() === wanted.split(/[\\/]/).filter(Boolean).at(-1)?.toLowerCase();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
