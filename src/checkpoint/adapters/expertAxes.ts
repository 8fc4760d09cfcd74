/**
 * Decides which way round the factors of fused experts are stored. PEFT before 0.19 takes a parameter of shape
 * (experts, d1, d2) for weights with d1 inputs and d2 outputs, so that A is (rank, d1) and B is (d2, rank). Later
 * versions exchange the two for models that store (experts, out, in).
 *
 * Source: huggingface/peft pull request 3165; `tuners/lora/layer.py`, `ParamWrapper`, as of 0.21.
 */

import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { Problem } from '../../peftConfig/problem';
import { quoted } from '../../peftConfig/quoted';
import { unwrapped } from '../../peftConfig/wrappedPath';
import type { AdapterPart } from './adapterPart';

interface ExpertAxes {
  /** The parts whose A and B are to be exchanged and transposed. */
  readonly exchanged: ReadonlySet<AdapterPart>;
  readonly problems: readonly Problem[];
}

/** Widths of a pair without the rank. */
interface Widths {
  readonly a: number;
  readonly b: number;
}

type Layout = 'before' | 'since' | 'either';

/** The first version that exchanges the axes. */
const EXCHANGED_SINCE = [0, 19, 1] as const;
/** Models that store (experts, in, out). Their factors are the same in every version. */
const STORED_TRANSPOSED = /gpt[-_]?oss|llama[-_]?4/i;

/** `pathOf` gives the path of the parameter that a part adapts; `null` for other parts. */
export function expertAxes(
  parts: readonly AdapterPart[],
  config: AdapterConfig | null,
  pathOf: (part: AdapterPart) => string | null,
): ExpertAxes {
  const modules = new Map<string, { part: AdapterPart; name: string; widths: Widths }[]>();
  for (const part of parts) {
    const path = pathOf(part);
    const a = part.tensors.get('a')?.entry.shape;
    const b = part.tensors.get('b')?.entry.shape;
    if (path === null || a?.length !== 2 || b?.length !== 2) continue;
    const module = unwrapped(part.module).path;
    const list = modules.get(module) ?? [];
    modules.set(module, list);
    list.push({ part, name: path.slice(path.lastIndexOf('.') + 1), widths: { a: a[1]!, b: b[0]! } });
  }
  const version = versionOf(config);
  const exchanged = new Set<AdapterPart>();
  const pairs = [...modules.values()];
  const layouts = pairs.map((list) => {
    const into = list.find(({ name }) => name === 'gate_up_proj')?.widths;
    const outOf = list.find(({ name }) => name === 'down_proj')?.widths;
    return into && outOf ? layoutOf(into, outOf) : 'either';
  });
  const early = version !== null && isBefore(version) && !STORED_TRANSPOSED.test(baseOf(config));
  pairs.forEach((list, i) => {
    if (layouts[i] === 'before' || (layouts[i] === 'either' && early)) for (const { part } of list) exchanged.add(part);
  });
  const undecided = layouts.filter((layout) => layout === 'either').length;
  return { exchanged, problems: problemsOf(exchanged, undecided, config) };
}

/** The projection into the experts has twice the width of the one out of them, and both share the hidden size. */
function layoutOf(into: Widths, outOf: Widths): Layout {
  const since = into.a === outOf.b && into.b === 2 * outOf.a;
  const before = into.b === outOf.a && into.a === 2 * outOf.b;
  if (since === before) return 'either';
  return since ? 'since' : 'before';
}

function problemsOf(exchanged: ReadonlySet<AdapterPart>, undecided: number, config: AdapterConfig | null): Problem[] {
  const said = config?.get('peft_version');
  const version = typeof said === 'string' ? `peft_version ${quoted(said)}` : 'no peft_version';
  const [first] = exchanged;
  if (first) {
    const square = [...exchanged].every(({ tensors }) => {
      return tensors.get('a')!.entry.shape[1] === tensors.get('b')!.entry.shape[0];
    });
    const message =
      `the factors of ${exchanged.size} fused experts' parameters have the layout of PEFT before 0.19, with the two axes ` +
      `swapped (${version}). PEFT 0.19.1 and later ${square ? 'loads them transposed, without an error' : 'refuses them with a size mismatch'}. ` +
      'PEFT 0.18 loads them. The products are shown in the orientation of the base weights';
    return [{ severity: 'error', message, subject: first.module }];
  }
  if (undecided === 0 || typeof said === 'string' || !config) return [];
  const message =
    'the shapes of the experts fit the layouts of PEFT before and since 0.19, and adapter_config.json has no ' +
    'peft_version: the layout since 0.19 is assumed';
  return [{ severity: 'info', message }];
}

function versionOf(config: AdapterConfig | null): readonly number[] | null {
  const said = config?.get('peft_version');
  const found = typeof said === 'string' ? /^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/.exec(said) : null;
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : null;
}

function isBefore(version: readonly number[]): boolean {
  for (const [i, part] of EXCHANGED_SINCE.entries()) if (version[i] !== part) return version[i]! < part;
  return false;
}

function baseOf(config: AdapterConfig | null): string {
  const base = config?.get('base_model_name_or_path');
  return typeof base === 'string' ? base : '';
}
