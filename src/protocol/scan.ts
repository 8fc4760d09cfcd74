/** What a scan of the workspace's configs keeps of each: few fields, short texts. */

/** Longer names are cut for display. A name on the Hub has at most 96 characters. */
export const MAX_NAME_CHARACTERS = 200;

/** Budget for the configs of all adapters of a workspace. One takes about a kilobyte, so 20,000 of them fit. */
export const MAX_ADAPTER_SCAN_BYTES = 64 << 20;

/** A config that may be read: on the local disk, or in a file system that only the editor can read. */
export type ScannedFile = { readonly path: string } | { readonly uri: string };

export interface ScanParams {
  readonly files: readonly ScannedFile[];
  /** Budget of the scan. Small files are read first, so that a few huge ones do not hide the others. */
  readonly maxBytes: number;
}

export interface ConfigScan<F> {
  /** Facts of the files, in the order of the request. `null` for a file that is missing, unreadable or something else. */
  readonly facts: readonly (F | null)[];
  /** Number of files that were not read because the budget was spent. Their facts are `null`. */
  readonly unread: number;
  readonly bytes: number;
}

export interface ModelFacts {
  /** The config's `_name_or_path`; `null` if it is absent or longer than any name. */
  readonly ownName: string | null;
  /** Changes whenever the file does. */
  readonly stamp: string;
}

export interface AdapterFacts {
  /** 'LORA, r = 8'; '' if the config has no `peft_type`. */
  readonly method: string;
  /** `base_model_name_or_path`, or ''. */
  readonly baseModel: string;
  /** True if one of the texts was longer than `MAX_NAME_CHARACTERS` and is cut. */
  readonly cut: boolean;
}
