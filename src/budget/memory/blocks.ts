/** Groups a module table into blocks of attention and MLP by the names and the order of the modules. */

import type { Module, ModuleTable } from '../moduleTable';

export interface AttentionPart {
  /** Query, key and value projections, or the one that is all three, with the linears that precede them, in order. */
  readonly inputs: readonly Module[];
  readonly output: Module;
  /** Norms of the queries and keys. */
  readonly norms: readonly Module[];
  readonly cross: boolean;
}

export interface Block {
  /** 'model.layers.3'. */
  readonly name: string;
  readonly norms: readonly Module[];
  readonly attentions: readonly AttentionPart[];
  readonly mlpInputs: readonly Module[];
  readonly mlpOutput: Module | null;
  /** Bare tensors of fused experts, and their router. */
  readonly experts: readonly Module[];
  /** Parameters of the whole block, including modules outside these parts, such as convolutions. */
  readonly parameters: number;
}

interface Blocks {
  readonly blocks: readonly Block[];
  /** Modules outside the layers. */
  readonly outside: readonly Module[];
}

const CROSS = /encdecattention|encoder_attn|cross_?att/i;
const prepared = new WeakMap<ModuleTable, Blocks>();

/** The result is kept for each table, because sweeps evaluate many setups of the same table. */
export function blocksOf(table: ModuleTable): Blocks {
  const known = prepared.get(table);
  if (known) return known;
  const layers = new Map<string, Module[]>();
  const outside: Module[] = [];
  for (const module of table.modules) {
    const name = module.layer === null ? null : layerName(module);
    if (name === null) outside.push(module);
    else layers.set(name, [...(layers.get(name) ?? []), module]);
  }
  const result = { blocks: [...layers].map(([name, modules]) => toBlock(name, modules)), outside };
  prepared.set(table, result);
  return result;
}

function layerName({ name, layer }: Module): string | null {
  const found = name.indexOf(`.${String(layer)}.`);
  return found < 0 ? null : name.slice(0, found + `.${String(layer)}`.length);
}

function toBlock(name: string, modules: readonly Module[]): Block {
  const attentionParts = new Map<string, Module[]>();
  const norms: Module[] = [];
  const mlp: Module[] = [];
  const experts: Module[] = [];
  for (const module of modules) {
    const path = module.name.slice(name.length + 1);
    const holder = attentionHolder(path, module);
    if (holder !== null) attentionParts.set(holder, [...(attentionParts.get(holder) ?? []), module]);
    else if (module.kind === 'norm') norms.push(module);
    else if (module.kind === 'parameters') experts.push(module);
    else if (isRouter(path)) experts.push(module);
    else if (module.kind === 'linear' || module.kind === 'conv1d') mlp.push(module);
  }
  return {
    name,
    norms,
    attentions: [...attentionParts].flatMap(([holder, parts]) => toAttention(holder, parts)),
    mlpInputs: mlp.slice(0, -1),
    mlpOutput: mlp.at(-1) ?? null,
    experts,
    parameters: modules.reduce((sum, module) => sum + module.parameters, 0),
  };
}

/** The part of a path that names the attention: 'self_attn', 'layer.0.SelfAttention'. BERT's norm is inside it. */
function attentionHolder(path: string, { kind }: Module): string | null {
  const segments = path.split('.');
  const at = segments.findIndex((segment) => /att(n|ention)/i.test(segment) && !/norm/i.test(segment));
  if (at < 0 || at === segments.length - 1) return null;
  if (kind === 'norm' && segments.includes('output')) return null;
  return segments.slice(0, at + 1).join('.');
}

function isRouter(path: string): boolean {
  return /(^|\.)(gate|router)$/.test(path) && /mlp|moe|router|block_sparse/.test(path);
}

function toAttention(holder: string, modules: readonly Module[]): AttentionPart[] {
  const linears = modules.filter(({ kind }) => kind === 'linear' || kind === 'conv1d');
  const output = linears.at(-1);
  if (!output || linears.length < 2) return [];
  const norms = modules.filter(({ kind }) => kind === 'norm');
  return [{ inputs: linears.slice(0, -1), output, norms, cross: CROSS.test(holder) }];
}
