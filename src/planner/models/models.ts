/** Finds the models that requests refer to and caches the latest ones. Nothing is downloaded. */

import { isObject } from '../../peftConfig/configValues';
import type { RawConfig } from '../../peftConfig/configValues';
import type { Preset } from '../../budget/presets';
import { presetNamed } from '../../budget/presets';
import type { NamedShape } from '../../budget/rows';
import { LruCache } from '../../protocol/lruCache';
import type { ModelPlace } from '../../protocol/planner';
import type { ModelFile, ModelReference, Surroundings, WorkspaceModel } from '../../protocol/models';
import { baseTensors } from './baseTensors';
import { hubConfigs } from '../../files/hubCache';
import type { ModelFiles } from '../../files/modelFiles';
import type { HostFiles } from '../hostFiles';
import { parseBounded } from '../scan/boundedJson';
import { MAX_MODEL_CONFIG_BYTES } from '../scan/scanConfigs';

/** A model whose config was found. `config` stays the same object until the file changes. */
export interface FoundModel {
  readonly title: string;
  readonly config: unknown;
  readonly place: ModelPlace;
  /** The path of the config.json on the local disk; `null` if it is elsewhere. */
  readonly path: string | null;
  readonly preset: string | null;
  /** The name that was asked for, if this is not known to be the model of that name; `null` otherwise. */
  readonly standsInFor: string | null;
}

/**
 * Characters of the configs that are cached. A published config has a few thousand, so all models in use fit. Parsed
 * configs take up to about ten bytes a character.
 */
const MAX_KEPT_CHARACTERS = 8 << 20;
/** Tensors of the headers that are cached: only architectures without a table need them. A tensor takes 300 bytes. */
const MAX_KEPT_TENSORS = 200_000;
/** The longest path that file systems accept. */
const MAX_PATH = 4096;

interface KeptConfig {
  readonly stamp: string;
  /** False for a file that is not the config of a model. */
  readonly config: RawConfig | false;
  readonly characters: number;
}

type Named = Extract<ModelReference, { kind: 'named' }>;

export class Models {
  private readonly kept = new LruCache<KeptConfig>(MAX_KEPT_CHARACTERS, { sizeOf: ({ characters }) => characters });
  private readonly headers = new LruCache<readonly NamedShape[], object>(MAX_KEPT_TENSORS, {
    sizeOf: ({ length }) => length,
  });

  constructor(
    private readonly files: ModelFiles,
    private readonly host: Pick<HostFiles, 'readText'>,
  ) {}

  /** `null` if there is no such model. */
  async find(reference: ModelReference, place: ModelPlace = 'workspace'): Promise<FoundModel | null> {
    switch (reference.kind) {
      case 'document':
        return this.fromHost(reference, place);
      case 'file':
        return this.read(reference.path, reference.title, place);
      case 'preset':
        return fromPreset(presetNamed(reference.id)?.preset ?? null, null);
      case 'named':
        return this.named(reference);
    }
  }

  /** Reads names and shapes from the headers of the weights in the config's folder; `null` if there are none. */
  async tensors({ config, path }: FoundModel): Promise<readonly NamedShape[] | null> {
    if (path === null || !isObject(config)) return null;
    const known = this.headers.get(config);
    if (known) return known;
    const read = await baseTensors(this.files, path);
    if (read) this.headers.set(config, read);
    return read;
  }

  /** Looks in the order of precedence: the user's choice, the adapter's folder, the workspace, the disk, the cache. */
  private async named({ name, revision, chosen, ...around }: Named): Promise<FoundModel | null> {
    const choice = name === null ? undefined : chosen?.find((each) => each.name === name);
    const found = choice && choice.model.kind !== 'named' ? await this.find(choice.model, 'chosen') : null;
    if (found) return { ...found, place: 'chosen', standsInFor: isCalled(found, name) ? null : name };
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
    const named = presetNamed(name);
    return named && fromPreset(named.preset, named.exact ? null : name);
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
    const status = await this.files.status(path, MAX_MODEL_CONFIG_BYTES);
    if (status === null) return null;
    const { stamp } = status;
    const config =
      this.known(path, stamp) ??
      this.keep(path, stamp, (await this.files.readText(path, MAX_MODEL_CONFIG_BYTES)) ?? '');
    return isObject(config) ? { title, place, path, preset: null, standsInFor: null, config } : null;
  }

  private async fromHost(
    { uri, stamp, title }: Extract<ModelFile, { kind: 'document' }>,
    place: ModelPlace,
  ): Promise<FoundModel | null> {
    const config =
      this.known(uri, stamp) ??
      this.keep(uri, stamp, (await this.host.readText(uri, MAX_MODEL_CONFIG_BYTES))?.text ?? '');
    return isObject(config) ? { title, place, path: null, preset: null, standsInFor: null, config } : null;
  }

  private known(key: string, stamp: string): unknown {
    const kept = this.kept.get(key);
    return kept?.stamp === stamp ? kept.config : undefined;
  }

  /** Also keeps that a file is no JSON object, so that it is not read for each question. */
  private keep(key: string, stamp: string, text: string): unknown {
    const config = parseBounded(text);
    this.kept.set(key, { stamp, config: isObject(config) ? config : false, characters: key.length + text.length });
    return config;
  }
}

function fromPreset(preset: Preset | null, standsInFor: string | null): FoundModel | null {
  if (!preset) return null;
  const { id, title, config } = preset;
  return { title, config, place: 'preset', path: null, preset: id, standsInFor };
}

/** True if the model has the name that was asked for, whatever its organisation. */
function isCalled({ title, preset }: FoundModel, name: string | null): boolean {
  if (name === null || title.split(/[\\/]/).includes(name.split(/[\\/]/).at(-1) ?? '')) return true;
  return preset !== null && presetNamed(name)?.preset.id === preset;
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
