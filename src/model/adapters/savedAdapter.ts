/**
 * The tensors of a PEFT adapter by the module they belong to: 'base_model.model.PATH.lora_A.weight' is `lora_A` of PATH.
 * A name that ends in a plain `.weight` or `.bias` is a tensor of the model itself, saved whole: a module of
 * `modules_to_save`, a trained bias, or an embedding that PEFT saves beside its factors.
 */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import { unwrapped } from '../../peftConfig/wrappedPath';
import { ShapeError } from '../../tensor/errors';
import { checkShape, formatShape } from '../../tensor/tensor';
import type { Workspace } from '../../tensor/workspace';
import type { NamedTensors } from '../buildModel';
import { Parameter } from '../parameter';

const PREFIX = /^base_model\.model\./;
const PART =
  /^(.*)\.(lora_A|lora_B|lora_magnitude_vector|lora_embedding_A|lora_embedding_B|ia3_l)(?:\.(weight|bias))?$/;
const WHOLE = /^(.*)\.(weight|bias)$/;

export class SavedAdapter {
  readonly parameters: readonly Parameter[];
  private readonly byKey = new Map<string, Parameter>();
  private readonly unused = new Set<string>();

  constructor(tensors: NamedTensors, settings: AdapterSettings, workspace: Workspace) {
    this.parameters = Object.entries(tensors).map(([name, tensor]) => {
      const place = placeOf(name);
      const { key } = place;
      const trains = place.part !== null || trainsWhole(place, settings);
      const parameter = Parameter.copy(name, tensor, trains, workspace);
      this.byKey.set(key, parameter);
      this.unused.add(name);
      return parameter;
    });
  }

  /** The tensor of a module, 'PATH.lora_A'; `null` if the adapter has none. */
  take(key: string): Parameter | null {
    const parameter = this.byKey.get(key) ?? null;
    if (parameter) this.unused.delete(parameter.name);
    return parameter;
  }

  /** @throws ShapeError if the adapter lacks the tensor or it has another shape. `null` stands for any size. */
  require(key: string, shape: readonly (number | null)[]): Parameter {
    const parameter = this.take(key);
    if (!parameter) throw new ShapeError(`adapter tensor ${key}`, 'a tensor', 'none');
    const expected = shape.map((size, d) => size ?? parameter.value.shape[d] ?? 0);
    checkShape(parameter.name, parameter.value, expected);
    return parameter;
  }

  /** @throws ShapeError if a tensor belongs to no module of the model. */
  checkUsed(): void {
    const [name] = this.unused;
    if (name === undefined) return;
    const tensor = this.parameters.find((each) => each.name === name)!.value;
    throw new ShapeError(`adapter tensor ${name}`, 'a tensor of a module of the model', formatShape(tensor.shape));
  }
}

/** The place of a tensor in the model. */
export interface TensorPlace {
  /** 'PATH.lora_A', 'PATH.lora_B.bias', 'PATH.weight', 'prompt_embeddings'. */
  readonly key: string;
  /** PATH; empty for a tensor of the adapter as a whole. */
  readonly module: string;
  /** What the method calls the tensor: 'lora_A'. `null` for a tensor of the model itself. */
  readonly part: string | null;
  readonly isBias: boolean;
}

export function placeOf(name: string): TensorPlace {
  const path = name.replace(PREFIX, '');
  const part = PART.exec(path);
  const isBias = path.endsWith('.bias');
  if (part) return { key: `${part[1]}.${part[2]}${isBias ? '.bias' : ''}`, module: part[1]!, part: part[2]!, isBias };
  const whole = WHOLE.exec(path);
  if (!whole) return { key: path, module: '', part: path, isBias };
  const module = unwrapped(whole[1]!).path;
  return { key: `${module}.${whole[2]}`, module, part: null, isBias };
}

/** Whether a tensor of the model itself trains: one of a saved module, or a bias. */
function trainsWhole({ module, isBias }: TensorPlace, settings: AdapterSettings): boolean {
  const isSaved = (settings.names('modules_to_save') ?? []).some((end) => inside(module, end));
  return isSaved || (isBias && !['none', null].includes(settings.text('bias')));
}

/** PEFT compares the ends of names. A module within a saved one is saved with it. */
function inside(module: string, end: string): boolean {
  return module.split('.').some((_, i, segments) =>
    segments
      .slice(0, i + 1)
      .join('.')
      .endsWith(end),
  );
}
