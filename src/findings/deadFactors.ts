/** Modules whose change is exactly zero because a factor is. */

import type { LoraModuleInfo, SourceDescription } from '../checkpoint/sourceDescription';
import type { WeightsFinding } from '../protocol/findings';
import type { LocalText } from '../protocol/localText';
import { isPlain } from './evidence';
import type { Evidence, ModuleEvidence } from './evidence';
import { place, sentence } from './sentence';

interface Kind {
  readonly code: 'dead_B' | 'dead_A' | 'dead_product';
  readonly factor: string;
  readonly why: string;
  readonly is: (module: ModuleEvidence) => boolean;
}

const KINDS: readonly Kind[] = [
  {
    code: 'dead_B',
    factor: 'B',
    why: 'B starts at zero, and a zero B after training means that no gradient or no saved value reached it.',
    is: ({ info, zeroB }) => isPlain(info) && zeroB,
  },
  {
    code: 'dead_A',
    factor: 'A',
    why: 'A starts with random values, except in embeddings, so a zero A was lost or overwritten; B gets no gradient.',
    is: ({ info, zeroA, zeroB }) => isPlain(info) && zeroA && !zeroB,
  },
  {
    code: 'dead_product',
    factor: 'a factor',
    why: 'The change is a product, so one zero factor makes all of it zero.',
    is: ({ info, zeroA, zeroB }) => !isPlain(info) && (zeroA || zeroB),
  },
];

export function deadFactors({ modules }: Evidence, description: SourceDescription): readonly WeightsFinding[] {
  const byKind = KINDS.map((kind) => ({
    kind,
    dead: modules.filter((module) => module.finite && kind.is(module)).map(({ info }) => info),
  })).filter(({ dead }) => dead.length > 0);
  const total = byKind.reduce((sum, { dead }) => sum + dead.length, 0);
  const extent = total < description.lora.length ? 'some' : hasOthers(description) ? 'all modules' : 'everything';
  return byKind.map(({ kind: { code, factor, why }, dead }): WeightsFinding => ({
    code,
    level: 'error',
    modules: dead.map(({ module }) => module),
    tensors: [],
    value: dead.length,
    heuristic: false,
    what: whatOf(dead, description.lora, factor, extent),
    why: sentence(why),
    action: sentence('Check that these modules were trained and saved; ZeRO-3 and FSDP need their own way to save.'),
  }));
}

/** Whether the adapter has more than products: modules saved whole, token rows, vectors. */
function hasOthers({ lora, adapters = [] }: SourceDescription): boolean {
  const products = new Set(lora.map(({ module }) => module));
  return adapters.some(
    ({ module, method, experts }) =>
      method === 'SAVED' || (module !== '' && experts === undefined && !products.has(module)),
  );
}

function whatOf(
  dead: readonly LoraModuleInfo[],
  all: readonly LoraModuleInfo[],
  factor: string,
  extent: 'some' | 'all modules' | 'everything',
): LocalText {
  if (dead.length === all.length) {
    return extent === 'everything'
      ? sentence(
          'The adapter changes nothing: {0} is all zero in all {1} modules, which were never trained.',
          factor,
          all.length,
        )
      : sentence(
          'All {1} modules with a product change nothing and were never trained: {0} is all zero.',
          factor,
          all.length,
        );
  }
  const counts = sentence(
    '{0} of {1} modules change nothing and were never trained: {2} is all zero in {3}.',
    dead.length,
    all.length,
    factor,
    place(dead, all),
  );
  return extent === 'everything' ? { ...counts, message: `The adapter changes nothing: ${counts.message}` } : counts;
}
