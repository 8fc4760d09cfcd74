/** Parses adapter_config.json to a tree with offsets. Works on unsaved and incomplete text. */

import type { Node } from 'jsonc-parser';
import { findNodeAtOffset, getNodePath, getNodeValue, parseTree } from 'jsonc-parser';
import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';
import { isTooDeep } from '../peftConfig/parseJson';

/** An adapter_config.json takes a few kilobytes; a much larger file is something else. */
const MAX_CHARACTERS = 1 << 20;

/** PEFT's largest config class has about fifty keys. */
const MAX_KEYS = 1000;

export interface ConfigDocument {
  readonly root: Node;
  readonly config: RawConfig;
}

/** `null` if the readable part of the text is not an object. */
export function readConfigDocument(text: string): ConfigDocument | null {
  // The parser and the walks over its tree are recursive.
  if (text.length > MAX_CHARACTERS || isTooDeep(text)) return null;
  const root = parseTree(text, [], { allowTrailingComma: true });
  if ((root?.children?.length ?? 0) > MAX_KEYS) return null;
  const config: unknown = root && getNodeValue(root);
  return root && isObject(config) ? { root, config } : null;
}

interface Entry {
  readonly node: Node;
  /** The path from the file's object to the entry: ['target_modules', 1]. */
  readonly path: readonly (string | number)[];
}

export function entryAt({ root }: ConfigDocument, offset: number): Entry | null {
  const node = findNodeAtOffset(root, offset, true);
  return node ? { node, path: getNodePath(node) } : null;
}

export function baseModelName(config: RawConfig): string | null {
  const named = Object.hasOwn(config, 'base_model_name_or_path') ? config['base_model_name_or_path'] : null;
  return typeof named === 'string' && named !== '' ? named : null;
}
