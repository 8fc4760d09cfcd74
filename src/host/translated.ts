import * as vscode from 'vscode';
import type { LocalText } from '../protocol/localText';

/** Translates a text of the planner into the display language of the window. */
export function translated({ message, args }: LocalText): string {
  return vscode.l10n.t(message, ...args);
}
