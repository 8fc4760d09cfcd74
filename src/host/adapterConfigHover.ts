import type { Node } from 'jsonc-parser';
import { findNodeAtOffset, getNodePath, getNodeValue, parseTree } from 'jsonc-parser';
import * as vscode from 'vscode';
import { isObject } from '../budget/config';
import type { SourceDescription } from '../protocol/source';
import { hoverText, isExplained } from './adapterConfigHoverText';
import type { ModelConfigs } from './modelConfigs';

/** An adapter_config.json is a few kilobytes; anything much larger is not one. */
const MAX_CHARACTERS = 1 << 20;

const SELECTOR: vscode.DocumentSelector = [
  { language: 'json', pattern: '**/adapter_config.json' },
  { language: 'jsonc', pattern: '**/adapter_config.json' },
];

export interface HoverServices {
  readonly configs: ModelConfigs;
  /** Null where there is no such file or nothing of it can be read. */
  readonly describeCheckpoint: (uri: vscode.Uri) => Promise<SourceDescription | null>;
}

/** Says in adapter_config.json what an entry means for this adapter; works on unsaved and half-typed text. */
class AdapterConfigHover implements vscode.HoverProvider {
  constructor(private readonly services: HoverServices) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | null> {
    const text = document.getText();
    if (text.length > MAX_CHARACTERS) return null;
    const root = parseTree(text, [], { allowTrailingComma: true });
    const node = root && findNodeAtOffset(root, document.offsetAt(position), true);
    const path = node ? getNodePath(node) : [];
    if (!root || !node || !isExplained(path[0])) return null;
    const config: unknown = getNodeValue(root);
    if (!isObject(config)) return null;

    const named = config['base_model_name_or_path'];
    const [weights, base] = await Promise.all([
      this.services.describeCheckpoint(vscode.Uri.joinPath(document.uri, '..', 'adapter_model.safetensors')),
      this.services.configs.baseModel(document.uri, typeof named === 'string' ? named : null),
    ]);
    if (token.isCancellationRequested) return null;
    const markdown = hoverText(path, { config, weights, base });
    return markdown ? new vscode.Hover(new vscode.MarkdownString(markdown), rangeOf(document, node)) : null;
  }
}

function rangeOf(document: vscode.TextDocument, { offset, length }: Node): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}

export function registerAdapterConfigHover(services: HoverServices): vscode.Disposable {
  return vscode.languages.registerHoverProvider(SELECTOR, new AdapterConfigHover(services));
}
