/** Finds the models that requests refer to, and keeps the ones read last. Nothing is fetched. */

import { isObject } from '../../peftConfig/configValues';
import type { Preset } from '../../budget/presets';
import { PRESETS, presetForHubName } from '../../budget/presets';
import type { NamedShape } from '../../budget/rows';
import type { ModelPlace } from '../../protocol/planner';
import type { ModelReference, Surroundings, WorkspaceModel } from '../../protocol/models';
import { baseTensors } from './baseTensors';
import { hubConfigs } from '../../files/hubCache';
import type { ModelFiles } from '../../files/modelFiles';

/** A model whose config was found. The same file gives the same object for `config`, until it changes. */
export interface FoundModel {
  readonly title: string;
  readonly config: unknown;
  readonly place: ModelPlace;
  /** Of the config.json on the local disk; null where it is not there. */
  readonly path: string | null;
  readonly preset: string | null;
}

/** The largest published config.json files are a few hundred kilobytes (label maps). */
const MAX_CONFIG_BYTES = 4 << 20;
/** Configs kept: more models than anyone has open at a time. */
const MAX_KEPT = 50;
/** Headers kept: they are needed where an architecture has no table, which is seldom. */
const MAX_HEADERS = 4;
/** The longest paths that file systems take. */
const MAX_PATH = 4096;

type Named = Extract<ModelReference, { kind: 'named' }>;

export class Models {
  private readonly kept = new Map<string, { readonly stamp: string; readonly config: unknown }>();
  private readonly headers = new Map<object, Promise<readonly NamedShape[] | null>>();

  constructor(private readonly files: ModelFiles) {}

  /** Null where there is no such model. */
  async find(reference: ModelReference, place: ModelPlace = 'workspace'): Promise<FoundModel | null> {
    switch (reference.kind) {
      case 'config':
        return { title: reference.title, config: this.same(reference.config), place, path: null, preset: null };
      case 'file':
        return this.read(reference.path, reference.title, place);
      case 'preset':
        return fromPreset(PRESETS.find(({ id }) => id === reference.id) ?? null);
      case 'named':
        return this.named(reference);
    }
  }

  /** Names and shapes from the headers of the weights beside the model's config; null where there are none. */
  tensors({ config, path }: FoundModel): Promise<readonly NamedShape[] | null> {
    if (path === null || !isObject(config)) return Promise.resolve(null);
    const known = this.headers.get(config);
    if (known) return known;
    const read = baseTensors(this.files, path);
    this.headers.set(config, read);
    trim(this.headers, MAX_HEADERS);
    return read;
  }

  /** In the order in which people would look: what they chose, near the adapter, by name, on the disk, in the cache. */
  private async named({ name, revision, chosen, ...around }: Named): Promise<FoundModel | null> {
    const choice = name === null ? undefined : chosen?.find((each) => each.name === name);
    const found = choice && choice.model.kind !== 'named' ? await this.find(choice.model, 'chosen') : null;
    if (found) return { ...found, place: 'chosen' };
    const near = await this.inWorkspace(name, around);
    if (near || name === null) return near;
    for (const path of localConfigs(name, around.localFolder)) {
      const local = await this.read(path, name, 'disk');
      if (local) return local;
    }
    for (const path of await hubConfigs(this.files, name, revision ?? null)) {
      const cached = await this.read(path, name, 'cache');
      if (cached) return cached;
    }
    return fromPreset(presetForHubName(name));
  }

  private async inWorkspace(name: string | null, { folder, workspace }: Surroundings): Promise<FoundModel | null> {
    const beside = workspace.filter((model) => model.folder === folder);
    const sameName = name === null ? [] : workspace.filter((model) => isNamed(model, name));
    for (const model of [...beside, ...sameName]) {
      const place = model.folder === folder ? 'beside' : 'workspace';
      const { title, config, path } = model;
      const found =
        path === null ? await this.find({ kind: 'config', title, config }) : await this.read(path, title, place);
      if (found) return { ...found, place };
    }
    return null;
  }

  /** Null for what is not a model's config: other programs' files named config.json may hold anything. */
  private async read(path: string, title: string, place: ModelPlace): Promise<FoundModel | null> {
    const stamp = await this.files.stamp(path, MAX_CONFIG_BYTES);
    if (stamp === null) return null;
    const found = { title, place, path, preset: null };
    const kept = this.kept.get(path);
    if (kept?.stamp === stamp) return { ...found, config: kept.config };
    const config = parse((await this.files.readText(path)) ?? '');
    if (!isObject(config)) return null;
    this.keep(path, stamp, config);
    return { ...found, config };
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
    trim(this.kept, MAX_KEPT);
  }
}

function fromPreset(preset: Preset | null): FoundModel | null {
  return preset && { title: preset.title, config: preset.config, place: 'preset', path: null, preset: preset.id };
}

function isNamed({ name, ownName }: WorkspaceModel, wanted: string): boolean {
  if (ownName !== null && ownName !== '' && ownName.toLowerCase() === wanted.toLowerCase()) return true;
  return name.toLowerCase() === wanted.split(/[\\/]/).filter(Boolean).at(-1)?.toLowerCase();
}

/**
 * The config.json of a folder that is named by its path. A share of another machine is left alone: an adapter's file
 * must not make this one log in to it.
 */
function localConfigs(name: string, folder: string | null): readonly string[] {
  if (name.length > MAX_PATH || name.includes('\0') || /^([\\/]{2}|\\\\)/.test(name)) return [];
  const absolute = name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name);
  if (absolute) return [`${name}/config.json`];
  return folder === null ? [] : [`${folder}/${name}/config.json`];
}

function trim(map: Map<unknown, unknown>, size: number): void {
  const oldest = map.keys().next();
  if (map.size > size && !oldest.done) map.delete(oldest.value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
