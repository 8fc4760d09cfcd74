/** Finds the models that requests refer to and caches the latest ones. Nothing is downloaded. */

import { isObject } from '../../peftConfig/configValues';
import type { Preset } from '../../budget/presets';
import { PRESETS, presetForHubName } from '../../budget/presets';
import type { NamedShape } from '../../budget/rows';
import { LruCache } from '../../protocol/lruCache';
import type { ModelPlace } from '../../protocol/planner';
import type { ModelFile, ModelReference, Surroundings, WorkspaceModel } from '../../protocol/models';
import { baseTensors } from './baseTensors';
import { hubConfigs } from '../../files/hubCache';
import type { ModelFiles } from '../../files/modelFiles';
import type { HostFiles } from '../hostFiles';

/** A model whose config was found. `config` stays the same object until the file changes. */
export interface FoundModel {
  readonly title: string;
  readonly config: unknown;
  readonly place: ModelPlace;
  /** The path of the config.json on the local disk; `null` if it is elsewhere. */
  readonly path: string | null;
  readonly preset: string | null;
}

/** The largest published config.json files are a few hundred kilobytes (label maps). */
const MAX_CONFIG_BYTES = 4 << 20;
/** How many configs are cached: more than anyone has open at a time. */
const MAX_KEPT = 50;
/** How many models' headers are cached: only an architecture without a table needs them. */
const MAX_HEADERS = 4;
/** The longest path that file systems accept. */
const MAX_PATH = 4096;

type Named = Extract<ModelReference, { kind: 'named' }>;

export class Models {
  private readonly kept = new LruCache<{ readonly stamp: string; readonly config: unknown }>(MAX_KEPT);
  private readonly headers = new LruCache<Promise<readonly NamedShape[] | null>, object>(MAX_HEADERS);

  constructor(
    private readonly files: ModelFiles,
    private readonly host: Pick<HostFiles, 'modelConfig'>,
  ) {}

  /** `null` if there is no such model. */
  async find(reference: ModelReference, place: ModelPlace = 'workspace'): Promise<FoundModel | null> {
    switch (reference.kind) {
      case 'document':
        return this.fromHost(reference, place);
      case 'file':
        return this.read(reference.path, reference.title, place);
      case 'preset':
        return fromPreset(PRESETS.find(({ id }) => id === reference.id) ?? null);
      case 'named':
        return this.named(reference);
    }
  }

  /** Reads names and shapes from the headers of the weights in the config's folder; `null` if there are none. */
  tensors({ config, path }: FoundModel): Promise<readonly NamedShape[] | null> {
    if (path === null || !isObject(config)) return Promise.resolve(null);
    const known = this.headers.get(config);
    if (known) return known;
    const read = baseTensors(this.files, path);
    this.headers.set(config, read);
    return read;
  }

  /** Looks in the order of precedence: the user's choice, the adapter's folder, the workspace, the disk, the cache. */
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
      const found = await this.find({ ...model.file, title: model.title }, place);
      if (found) return found;
    }
    return null;
  }

  /** `null` if the file does not hold an object: other programs also write files named config.json. */
  private async read(path: string, title: string, place: ModelPlace): Promise<FoundModel | null> {
    const stamp = await this.files.stamp(path, MAX_CONFIG_BYTES);
    if (stamp === null) return null;
    const found = { title, place, path, preset: null };
    const kept = this.kept.get(path);
    if (kept?.stamp === stamp) return { ...found, config: kept.config };
    const config = parse((await this.files.readText(path, MAX_CONFIG_BYTES)) ?? '');
    if (!isObject(config)) return null;
    this.kept.set(path, { stamp, config });
    return { ...found, config };
  }

  private async fromHost(
    { uri, stamp, title }: Extract<ModelFile, { kind: 'document' }>,
    place: ModelPlace,
  ): Promise<FoundModel | null> {
    const found = { title, place, path: null, preset: null };
    const kept = this.kept.get(uri);
    if (kept?.stamp === stamp) return { ...found, config: kept.config };
    const config = await this.host.modelConfig(uri);
    if (!isObject(config)) return null;
    this.kept.set(uri, { stamp, config });
    return { ...found, config };
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
 * The config.json of a folder that is named by its path. Network shares are excluded: an adapter's file must not make
 * this machine log in to another one.
 */
function localConfigs(name: string, folder: string | null): readonly string[] {
  if (name.length > MAX_PATH || name.includes('\0') || /^([\\/]{2}|\\\\)/.test(name)) return [];
  const absolute = name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name);
  if (absolute) return [`${name}/config.json`];
  return folder === null ? [] : [`${folder}/${name}/config.json`];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
