/** The input of the checks, and the list of their findings. */

import type { Node } from 'jsonc-parser';
import { findNodeAtLocation } from 'jsonc-parser';
import { AdapterSettings } from '../../peftConfig/adapterSettings';
import { shownValue } from '../../peftConfig/configValues';
import type { RawConfig } from '../../peftConfig/configValues';
import { currentMatching } from '../../peftConfig/matching';
import type { ModuleTable } from '../../budget/moduleTable';
import type { AdapterWeights, Finding, Fix, TextEdit } from '../../protocol/planner';
import type { LocalText } from '../../protocol/localText';
import type { ConfigDocument } from '../configDocument';

/** A file with more findings is something else, or hostile. */
const MAX_FINDINGS = 100;

/** Findings that are wrong if a pattern counts as not matched only because it takes too long. */
const ABOUT_MATCHES: ReadonlySet<Finding['code']> = new Set([
  'target-no-match',
  'target-excluded',
  'target-partial',
  'exclude-no-match',
  'pattern-no-match',
  'rank-differs-from-weights',
]);

export const local = (message: string, ...args: (string | number)[]): LocalText => ({ message, args });

type Path = readonly (string | number)[];

export class Examined {
  readonly findings: Finding[] = [];
  readonly settings: AdapterSettings;
  /** The method in upper case. */
  readonly type: string;

  constructor(
    readonly text: string,
    readonly document: ConfigDocument,
    readonly weights: AdapterWeights | null,
    /** The base model's name for messages; '' without one. */
    readonly baseTitle: string,
    /** Its modules, replicated layers included; `null` if they are unknown. */
    readonly table: ModuleTable | null,
  ) {
    this.settings = new AdapterSettings(document.config);
    this.type = shownValue(document.config['peft_type']).toUpperCase();
  }

  get config(): RawConfig {
    return this.document.config;
  }

  node(...path: Path): Node | null {
    return findNodeAtLocation(this.document.root, [...path]) ?? null;
  }

  /** The node of the key; that of peft_type if the key is absent. */
  keyNode(key: string): Node {
    const property = this.node(key)?.parent;
    return property?.children?.[0] ?? this.node('peft_type') ?? this.document.root;
  }

  value(key: string): unknown {
    return this.settings.raw(key);
  }

  /** True if the list is full, so that further checks may stop. */
  get isFull(): boolean {
    return this.findings.length >= MAX_FINDINGS;
  }

  /** Patterns count as not matched, so that what they match is unknown. */
  get isUnmatched(): boolean {
    return currentMatching().problems.length > 0;
  }

  add(
    code: Finding['code'],
    severity: Finding['severity'],
    at: Node,
    text: LocalText,
    fixes: readonly Fix[] = [],
  ): void {
    if (ABOUT_MATCHES.has(code) && this.isUnmatched) return;
    const { offset, length } = at;
    if (!this.isFull) this.findings.push({ code, severity, offset, length, text, fixes });
  }

  /** Sets the key to the value. An absent key becomes the first entry. */
  set(key: string, value: unknown): TextEdit {
    const text = JSON.stringify(value);
    const node = this.node(key);
    if (node) return { offset: node.offset, length: node.length, newText: text };
    const start = this.document.root.offset + 1;
    const indent = /^\s*/.exec(this.text.slice(start))?.[0] ?? '';
    const comma = (this.document.root.children?.length ?? 0) > 0 ? ',' : '';
    return { offset: start, length: 0, newText: `${indent}${JSON.stringify(key)}: ${text}${comma}` };
  }
}

/** Removes an element of a list or an entry of an object, together with its comma. */
export function removal(text: string, node: Node): TextEdit {
  const end = node.offset + node.length;
  const after = /^\s*,\s*/.exec(text.slice(end));
  if (after) return { offset: node.offset, length: node.length + after[0].length, newText: '' };
  const before = /,\s*$/.exec(text.slice(0, node.offset));
  const offset = before ? before.index : node.offset;
  return { offset, length: end - offset, newText: '' };
}
