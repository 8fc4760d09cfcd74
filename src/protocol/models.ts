/** How a request names the model it is about: by reference, so that configs are read where they are counted. */

/** A config.json of the workspace that describes a model. */
export interface WorkspaceModel {
  /** For people: the path in the workspace. */
  readonly title: string;
  /** URI of its folder. */
  readonly folder: string;
  /** Name of its folder. */
  readonly name: string;
  /** The config's `_name_or_path`. */
  readonly ownName: string | null;
  /** Local path of the config.json; null where the workspace is not on this machine's disk. */
  readonly path: string | null;
  /** The parsed file where `path` is null. */
  readonly config: unknown;
}

/** Where the base model of an adapter is looked for, beside the places the planner knows by itself. */
export interface Surroundings {
  /** URI of the folder of the file that names the model; null for a file that has none. */
  readonly folder: string | null;
  /** The same folder on the local disk, against which relative paths are read; null where it is not there. */
  readonly localFolder: string | null;
  readonly workspace: readonly WorkspaceModel[];
  /** Models that people chose for names that are found nowhere; they come first. */
  readonly chosen?: readonly ChosenModel[];
}

export interface ChosenModel {
  /** The `base_model_name_or_path` that it stands for. */
  readonly name: string;
  readonly model: ModelReference;
}

export type ModelReference =
  | { readonly kind: 'config'; readonly title: string; readonly config: unknown }
  /** A config.json on the local disk. */
  | { readonly kind: 'file'; readonly title: string; readonly path: string }
  | { readonly kind: 'preset'; readonly id: string }
  /** As in `base_model_name_or_path`: found in the workspace, on the disk, in the hub's local cache, or as a preset. */
  | ({ readonly kind: 'named'; readonly name: string | null; readonly revision?: string | null } & Surroundings);

/** What the calculator counts on. */
export type ReportModel =
  | ModelReference
  /** The sizes typed into the inputs. */
  | { readonly kind: 'custom' }
  | { readonly kind: 'missing'; readonly title: string; readonly message: string };
