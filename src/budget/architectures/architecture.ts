/** The table of an architecture, and the parts that tables share. */

import { isObject, flag, MAX_WIDTH, readCount, requireCount } from '../../peftConfig/configValues';
import { ConfigError } from '../../peftConfig/errors';
import type { ClassNames, Head, HeadKind } from '../head';
import { NO_HEAD, taskHead } from '../head';
import type { ModelShape } from '../modelShape';
import type { Row, Section } from '../rows';
import { linear, tied } from '../rows';
import type { ModelFacts } from './modelFacts';
import { mappedTargets } from './peftTargets';

export interface Architecture extends ModelFacts, ClassNames {
  /** What PEFT's LoRA targets if target_modules is null; empty if PEFT has no mapping. */
  readonly defaultTargets: readonly string[];
  /** The linear layers of a block, as suffixes for target_modules. */
  readonly targets: (shape: ModelShape) => readonly string[];
  /** The attribute that holds the bare model in a class with a head. */
  readonly baseModel: string | ((head: HeadKind) => string);
  /** The bare model's own class has the attribute too. */
  readonly alwaysWrapped?: boolean;
  /** The config describes two models, which `sections` reads from `whole`. */
  readonly composite?: boolean;
  readonly sections: (shape: ModelShape, head: HeadKind) => readonly Section[];
  /** `null` if this kind of head has no table. */
  readonly head: (shape: ModelShape, kind: HeadKind) => Head | null;
}

type Table = Omit<Architecture, 'defaultTargets' | 'targets'> & Partial<Pick<Architecture, 'targets'>>;

/** Fills in the fields that follow from the rest of the table. */
export function architecture(table: Table): Architecture {
  return {
    targets: (shape) => blockTargets(table.sections(shape, table.usualHead)),
    ...table,
    defaultTargets: mappedTargets(table.peftTargets ?? {}, 'LORA') ?? [],
  };
}

/** Types that have the modules of another architecture but differ in other facts. */
export function alike(
  { defaultTargets: _, ...table }: Architecture,
  modelTypes: readonly string[],
  facts: Omit<ModelFacts, 'modelTypes'>,
): Architecture {
  return architecture({ ...table, modelTypes, ...facts });
}

/** The last segments of the names of the layers' linear modules. */
function blockTargets(sections: readonly Section[]): string[] {
  const rows = sections.filter(({ repeat }) => repeat !== undefined).flatMap((section) => section.rows);
  const names = new Set(rows.filter(({ kind }) => kind === 'linear' || kind === 'conv1d').map(({ name }) => name));
  const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  return [...new Set([...names].map(last))];
}

interface DecoderHead {
  readonly bias?: (shape: ModelShape) => boolean;
  readonly width?: (shape: ModelShape) => number;
  readonly name?: string;
  /** The token classifier is named `score` in transformers' generic class, and `classifier` in the older families. */
  readonly tokenHead?: 'score' | 'classifier';
  /** Outputs of a question answering head; two if absent. */
  readonly answers?: (shape: ModelShape) => number;
}

/** Heads of the decoder-only models: `lm_head`, and `score` for classification. */
export function decoderHead({ bias, width, name = 'lm_head', tokenHead = 'score', answers }: DecoderHead = {}) {
  return (shape: ModelShape, kind: HeadKind): Head | null => {
    const features = width?.(shape) ?? shape.hiddenSize;
    switch (kind) {
      case 'none':
        return NO_HEAD;
      case 'languageModel': {
        const output = linear(name, features, vocabulary(shape), bias?.(shape));
        return { rows: [shape.tiedEmbeddings ? tied(output) : output], outputEmbedding: name, taskHeads: [] };
      }
      case 'sequenceClassification':
        return taskHead([linear('score', features, labels(shape))], 'classifier', 'score');
      case 'tokenClassification':
        return taskHead([linear(tokenHead, features, labels(shape), true)], 'classifier', 'score');
      case 'questionAnswering':
        return taskHead([linear('qa_outputs', features, answers?.(shape) ?? 2, true)], 'qa_outputs');
      default:
        return null;
    }
  };
}

/** Throws `ConfigError` if the config has no vocabulary, which every text model has. */
export function vocabulary(shape: ModelShape): number {
  if (shape.vocabSize === null) throw new ConfigError('vocab_size', undefined, 'a whole number');
  return shape.vocabSize;
}

/** Throws `ConfigError` if the config does not state it: gated MLPs have no usual multiple of the hidden size. */
export function intermediate(shape: ModelShape): number {
  if (shape.intermediateSize === null) throw new ConfigError('intermediate_size', undefined, 'a whole number');
  return shape.intermediateSize;
}

/** Four times the hidden size if the config does not state it, as in the older families. */
export function intermediateOrFourfold(shape: ModelShape): number {
  return shape.intermediateSize ?? 4 * shape.hiddenSize;
}

/** Number of classes of a classification head; transformers' default is 2. */
export function labels({ whole }: ModelShape, fallback = 2): number {
  const names = whole['id2label'];
  if (isObject(names)) return Math.max(1, Object.keys(names).length);
  return readCount(whole, ['num_labels', '_num_labels'], MAX_WIDTH) ?? fallback;
}

/** A size that the config or the architecture's defaults must state. */
export function size({ config }: ModelShape, ...keys: readonly string[]): number {
  return requireCount(config, keys, MAX_POSITIONS);
}

/** A switch that is off unless the config or a default turns it on. */
export function on({ config }: ModelShape, key: string): boolean {
  return flag(config, key, false);
}

/** Larger than the limit of widths, because contexts of ten million tokens exist. */
const MAX_POSITIONS = 1 << 24;

export function layers(path: string, shape: ModelShape, rows: readonly Row[], repeat = shape.numLayers): Section {
  return { path, repeat, rows };
}
