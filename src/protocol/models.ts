/** How a request refers to a model: by reference, so that no message carries a model's config. */

/** A config.json of the workspace that describes a model. */
export interface WorkspaceModel {
  /** The path in the workspace, as users see it. */
  readonly title: string;
  /** URI of its folder. */
  readonly folder: string;
  /** Name of its folder. */
  readonly name: string;
  /** The config's `_name_or_path`. */
  readonly ownName: string | null;
  readonly file: ModelFile;
}

/** The location of a config.json: the local disk, or a file system that only the editor can read. */
export type ModelFile =
  | { readonly kind: 'file'; readonly title: string; readonly path: string }
  /** The planner asks the host for the config once per `stamp`, which changes whenever the file does. */
  | { readonly kind: 'document'; readonly title: string; readonly uri: string; readonly stamp: string };

/**
 * The places where the planner looks for an adapter's base model, besides the disk, the Hub's cache and the presets.
 */
export interface Surroundings {
  /** URI of the folder of the file that names the model; `null` for a document without a file. */
  readonly folder: string | null;
  /** The same folder on the local disk, which relative paths start from; `null` if it is not on this disk. */
  readonly localFolder: string | null;
  readonly workspace: readonly WorkspaceModel[];
  /** Models that the user chose for names that were not found. They take precedence. */
  readonly chosen?: readonly ChosenModel[];
}

export interface ChosenModel {
  /** The `base_model_name_or_path` that the model stands for. */
  readonly name: string;
  readonly model: ModelReference;
}

export type ModelReference =
  | ModelFile
  | { readonly kind: 'preset'; readonly id: string }
  /** A `base_model_name_or_path`: found in the workspace, on the disk, in the Hub's local cache, or as a preset. */
  | ({ readonly kind: 'named'; readonly name: string | null; readonly revision?: string | null } & Surroundings);

/** The model that the calculator counts on. */
export type ReportModel =
  | ModelReference
  /** The sizes typed into the inputs. */
  | { readonly kind: 'custom' }
  | { readonly kind: 'missing'; readonly title: string; readonly message: string };
