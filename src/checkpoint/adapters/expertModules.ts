/**
 * Modules whose factors stack those of several experts: PEFT's `target_parameters` and MLX's switch layers. Each expert
 * becomes a module of its own, such as `model.layers.0.mlp.experts.down_proj[3]`.
 */

import { comparedNames } from '../../peftConfig/adapterConfig';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { AdapterPart } from './adapterPart';
import { quoted } from '../../peftConfig/quoted';
import { expertLayout } from './factorLayout';
import type { Planned, ProductInput } from './products';
import { unwrapped } from '../../peftConfig/wrappedPath';

/** The deepest published module names have about ten segments. */
const MAX_SEGMENTS = 100;

export interface ExpertModule {
  readonly part: AdapterPart;
  readonly name: string;
  readonly planned: Planned | null;
}

/** Layouts that stack experts in a third, leading dimension. */
const STACKED_STYLES: ReadonlySet<string> = new Set(['mlx', 'gguf', 'ktransformers']);

/** The experts of a part, `most` at the most, or `null` if it holds a single module. `exchanged` is for the axes of PEFT before 0.19. */
export function stackedExperts(
  part: AdapterPart,
  config: AdapterConfig | null,
  parameters: TargetedParameters,
  most: number,
  exchanged: boolean,
): ExpertModule[] | null {
  const a = part.tensors.get('a')?.entry;
  const b = part.tensors.get('b')?.entry;
  if (!a || !b || part.method !== 'LORA') return null;
  const switched = STACKED_STYLES.has(part.style) && a.shape.length === 3;
  const path = switched ? part.module : parameters.pathOf(part.module);
  if (path === null) return null;
  // The file gives rank times experts; the config gives the rank.
  const experts = switched
    ? (a.shape[0] ?? 0)
    : (a.shape[0] ?? 0) / (config!.rankPattern.find(({ matches }) => matches(path))?.value ?? config!.rank);
  if (experts === 1 && !switched) return [{ part, name: path, planned: null }];
  const broken = [a, b].find(({ readable }) => !readable);
  const reason = broken
    ? `the data of ${quoted(broken.name)} is missing or damaged`
    : !Number.isInteger(experts) || experts < 1
      ? `A has ${a.shape[0]} rows, expected a multiple of the rank, one for each expert`
      : experts > most
        ? `the factors of ${experts} experts are stacked in one pair, at most ${most} more are taken apart`
        : null;
  if (reason !== null) return [{ part, name: path, planned: { unavailable: reason } }];
  return Array.from({ length: experts }, (_, expert): ExpertModule => {
    const name = `${path}[${expert}]`;
    const layoutA = expertLayout('a', a.shape, expert, experts);
    const layoutB = expertLayout('b', b.shape, expert, experts);
    if (!layoutA || !layoutB || layoutA.rows !== layoutB.columns) {
      const shapes = `A has shape [${a.shape.join(', ')}], B has shape [${b.shape.join(', ')}]`;
      return { part, name, planned: { unavailable: `the ranks of the experts differ: ${shapes}` } };
    }
    const stored = { a: { tensor: a.name, layout: layoutA }, b: { tensor: b.name, layout: layoutB } };
    // (B A)^T = A^T B^T: the transposed factors change places.
    const [right, left] = exchanged ? [turned(stored.b), turned(stored.a)] : [stored.a, stored.b];
    const inputs = new Map([
      ['a', right],
      ['b', left],
    ]);
    const sizes = { rank: layoutA.rows, inFeatures: right.layout.columns, outFeatures: left.layout.rows };
    const product = {
      recipe: 'plain',
      ...sizes,
      inputs,
      reshaped: true,
      formula: `expert ${expert} of ${experts}`,
    } as const;
    return { part, name, planned: { product } };
  });
}

/** The entries of target_parameters by the module that owns the parameter, so that each module looks up a few. */
export class TargetedParameters {
  private readonly byOwner = new Map<string, { readonly index: number; readonly name: string }[]>();

  constructor(config: AdapterConfig | null) {
    comparedNames(config, 'target_parameters').forEach((parameter, index) => {
      const dot = parameter.lastIndexOf('.');
      const owner = parameter.slice(0, Math.max(dot, 0));
      const owned = this.byOwner.get(owner) ?? [];
      this.byOwner.set(owner, owned);
      owned.push({ index, name: parameter.slice(dot + 1) });
    });
  }

  /**
   * The parameter that a pair belongs to, or `null` if the config names no parameter of this module. PEFT nests the
   * pairs of one module: the module's first parameter is innermost, under the largest number of `.base_layer`.
   */
  pathOf(module: string): string | null {
    if (this.byOwner.size === 0) return null;
    const { path, depth } = unwrapped(module);
    const owned = owners(path).flatMap((owner) => this.byOwner.get(owner) ?? []);
    if (owned.length === 0) return null;
    const names = owned.sort((x, y) => x.index - y.index).map(({ name }) => name);
    // All known models list the projections into the experts before those out of them.
    const ordered = [...new Set(names)].sort((x, y) => order(x) - order(y));
    const name = ordered[ordered.length - 1 - depth];
    return `${path}.${name ?? `parameter ${depth}`}`;
  }
}

/** The path and its ends behind each dot, which a config may name an owner by; '' is the owner of a bare name. */
function owners(path: string): string[] {
  const ends = ['', path];
  for (let dot = path.indexOf('.'); dot >= 0 && ends.length < MAX_SEGMENTS; dot = path.indexOf('.', dot + 1))
    ends.push(path.slice(dot + 1));
  return ends;
}

function turned({ tensor, layout }: ProductInput): ProductInput {
  const { rows, columns, offset, rowStride, columnStride } = layout;
  return { tensor, layout: { rows: columns, columns: rows, offset, rowStride: columnStride, columnStride: rowStride } };
}

function order(parameter: string): number {
  if (/down|w2|output|wo$/.test(parameter)) return 1;
  return 0;
}
