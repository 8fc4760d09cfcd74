/** Parses adapter_config.json to a tree with offsets. Works on unsaved and incomplete text. */

import type { Node } from 'jsonc-parser';
import { createScanner, findNodeAtOffset, getNodePath, getNodeValue, parseTree } from 'jsonc-parser';
import type { RawConfig } from '../peftConfig/configValues';
import { isObject } from '../peftConfig/configValues';
import { MAX_JSON_DEPTH } from '../peftConfig/parseJson';

/** An adapter_config.json takes a few kilobytes; a much larger file is something else. */
const MAX_CHARACTERS = 1 << 20;

/** PEFT's largest config class has about fifty keys. */
const MAX_KEYS = 1000;

/** The closing token of each opening one, { to } and [ to ], and the last token: values of jsonc-parser's SyntaxKind. */
const CLOSING: ReadonlyMap<number, number> = new Map([
  [1, 2],
  [3, 4],
]);
const END = 17;

export interface ConfigDocument {
  readonly root: Node;
  readonly config: RawConfig;
}

/** `null` if the readable part of the text is not an object. */
export function readConfigDocument(text: string): ConfigDocument | null {
  // The parser and the walks over its tree are recursive.
  if (text.length > MAX_CHARACTERS || nestsTooDeep(text)) return null;
  const root = parseTree(text, [], { allowTrailingComma: true });
  if ((root?.children?.length ?? 0) > MAX_KEYS) return null;
  const config: unknown = root && getNodeValue(root);
  return root && isObject(config) ? { root, config } : null;
}

/**
 * Whether the brackets nest deeper than in any config, as the parser of this text sees them: unlike in JSON, a string
 * that is not closed ends with its line, and comments may contain quotes. The parser passes over a bracket that closes
 * nothing, so it does not count.
 */
function nestsTooDeep(text: string): boolean {
  const scanner = createScanner(text, true);
  const open: number[] = [];
  for (let token = scanner.scan(); token !== END; token = scanner.scan()) {
    const closing = CLOSING.get(token);
    if (closing !== undefined) open.push(closing);
    else if (token === open.at(-1)) open.pop();
    if (open.length > MAX_JSON_DEPTH) return true;
  }
  return false;
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
