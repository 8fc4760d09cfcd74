/** Plans a merge into a base: what happens to each of its tensors. Nothing is dropped: what cannot be merged is refused. */

import { elementCount } from '../checkpoint/safetensors/safetensorsLayout';
import type { BaseModel, BaseTensor } from './baseModel';
import { BaseNames } from './baseNames';
import { checkFloatDtype } from './encodeValues';
import { SurgeryError } from './errors';
import type { AdapterModule, OpenedAdapter } from './readAdapter';

/** A change of a matrix that lies in a tensor, from one adapter. */
export interface ModuleChange {
  readonly adapter: OpenedAdapter;
  readonly weight: number;
  readonly module: AdapterModule;
}

/** A matrix in a tensor: the whole of it, or that of one expert. */
export interface MatrixTarget {
  /** Index of its first entry. */
  readonly offset: number;
  /** Sides as they are stored. */
  readonly rows: number;
  readonly columns: number;
  /** True if the rows are input features: embeddings, and the Conv1D of GPT-2. */
  readonly transposed: boolean;
  readonly changes: ModuleChange[];
}

export interface TensorPlan {
  readonly target: BaseTensor;
  readonly matrices: MatrixTarget[];
  /** scaling·weight of a bias of B that is added, by adapter. */
  readonly biases: ModuleChange[];
  /** The adapter's tensor that takes its place. */
  replacement: { readonly adapter: OpenedAdapter; readonly tensor: string } | null;
}

export interface BasePlan {
  readonly tensors: ReadonlyMap<string, TensorPlan>;
  readonly replaced: readonly string[];
  readonly notes: readonly string[];
}

/** @throws SurgeryError NotFound, ShapeMismatch, Unsupported */
export function planBaseMerge(
  base: BaseModel,
  adapters: readonly OpenedAdapter[],
  weights: readonly number[],
): BasePlan {
  const names = new BaseNames(base);
  const plans = new Map<string, TensorPlan>();
  const notes = new Set<string>();
  const planOf = (name: string): TensorPlan => {
    const target = base.tensors.get(name)!;
    const plan = plans.get(name) ?? { target, matrices: [], biases: [], replacement: null };
    plans.set(name, plan);
    return plan;
  };
  adapters.forEach((adapter, i) => {
    if (adapter.notCovered.length > 0)
      throw new SurgeryError('Unsupported', `${adapter.path}: ${adapter.notCovered[0]!}`, adapter.path);
    for (const module of adapter.modules.values())
      addModule({ adapter, module, weight: weights[i]! }, names, planOf, notes);
    for (const { name, shape } of adapter.replaced) addReplacement(adapter, name, shape, names, planOf);
  });
  for (const name of plans.keys()) {
    const note = names.tiedNote(name);
    if (note !== null) notes.add(note);
  }
  const replaced = [...plans].flatMap(([name, { replacement }]) => (replacement ? [name] : []));
  return { tensors: plans, replaced, notes: [...notes] };
}

function addModule(
  change: ModuleChange,
  names: BaseNames,
  planOf: (name: string) => TensorPlan,
  notes: Set<string>,
): void {
  const { module, adapter, weight } = change;
  const { name, info, bias, magnitude, form } = module;
  if (info.unavailable !== undefined) throw new SurgeryError('Unsupported', `${name}: ${info.unavailable}`, name);
  if (magnitude !== null && weight !== 1) {
    const message = `${name} is DoRA: its change is not proportional to a weight, got ${weight}`;
    throw new SurgeryError('Unsupported', message, name);
  }
  const expert = form === 'expert' ? /^(.*)\[(\d+)\]$/.exec(name) : null;
  const path = expert ? expert[1]! : `${info.path ?? name}.weight`;
  const found = names.find(
    form !== 'expert' && !names.has(path) && names.has(`${name}.weight`) ? `${name}.weight` : path,
  );
  if (found.note !== undefined) notes.add(found.note);
  const plan = planOf(found.name);
  const { entry } = plan.target;
  checkFloatDtype(entry.dtype, entry.name);
  const place = expert
    ? expertPlace(module, entry.shape, Number(expert[2]), isFanInFanOut(adapter))
    : matrixPlace(module, entry.shape, form === 'embedding' || isFanInFanOut(adapter));
  if (!place) {
    const expected = `[${info.outFeatures}, ${info.inFeatures}] from the factors`;
    const message = `${name}: tensor ${entry.name} has shape [${entry.shape.join(', ')}], expected ${expected}`;
    throw new SurgeryError('ShapeMismatch', message, name);
  }
  const known = plan.matrices.find(({ offset }) => offset === place.offset);
  if (known) known.changes.push(change);
  else plan.matrices.push({ ...place, changes: [change] });
  if (bias !== null) addBias(change, found.name, names, planOf);
}

function addBias(
  change: ModuleChange,
  weightName: string,
  names: BaseNames,
  planOf: (name: string) => TensorPlan,
): void {
  const { name, info } = change.module;
  const path = weightName.replace(/weight$/, 'bias');
  if (!names.has(path)) {
    const message = `${name}: the adapter has a bias of B (lora_bias), and the base has no ${path} to add it to`;
    throw new SurgeryError('NotFound', message, name);
  }
  const plan = planOf(names.find(path).name);
  const { entry } = plan.target;
  checkFloatDtype(entry.dtype, entry.name);
  if (elementCount(entry.shape) !== info.outFeatures)
    throw new SurgeryError(
      'ShapeMismatch',
      `${path}: shape [${entry.shape.join(', ')}], expected [${info.outFeatures}]`,
      path,
    );
  plan.biases.push(change);
}

function addReplacement(
  adapter: OpenedAdapter,
  tensor: string,
  shape: readonly number[],
  names: BaseNames,
  planOf: (name: string) => TensorPlan,
): void {
  const path = tensor
    .replace(/^base_model\.model\./, '')
    .replace(/\.(?:base_layer|modules_to_save(?:\.[^.]+)?)(?=\.[^.]+$)/, '');
  if (!names.has(path)) {
    const message = `${tensor}: the adapter saves this module whole, and the base has no tensor ${path} of its own`;
    throw new SurgeryError('NotFound', message, tensor);
  }
  const plan = planOf(names.find(path).name);
  const { entry } = plan.target;
  if (entry.shape.join() !== shape.join()) {
    const shapes = `shape [${shape.join(', ')}], and the base [${entry.shape.join(', ')}]`;
    throw new SurgeryError('ShapeMismatch', `${tensor}: the adapter saves it with ${shapes}`, tensor);
  }
  checkFloatDtype(entry.dtype, entry.name);
  if (plan.replacement)
    throw new SurgeryError('Unsupported', `${path}: more than one adapter saves this module whole`, path);
  plan.replacement = { adapter, tensor };
}

/** How (out, in) lies in a tensor of this shape; `null` if it does not fit. Convolutions flatten behind the first side. */
function matrixPlace(
  { info, form }: AdapterModule,
  shape: readonly number[],
  expectTransposed: boolean,
): Omit<MatrixTarget, 'changes'> | null {
  const [first = 0, ...others] = shape;
  if (shape.length < 2) return null;
  const columns = others.reduce((product, side) => product * side, 1);
  if (shape.length > 2 && form !== 'convolution' && columns !== info.inFeatures) return null;
  const straight = first === info.outFeatures && columns === info.inFeatures;
  const turned = shape.length === 2 && first === info.inFeatures && columns === info.outFeatures;
  if (turned && (expectTransposed || !straight)) return { offset: 0, rows: first, columns, transposed: true };
  if (straight && !(form === 'embedding')) return { offset: 0, rows: first, columns, transposed: false };
  return null;
}

/** One expert of (experts, out, in) or (experts, in, out). */
function expertPlace(
  { info }: AdapterModule,
  shape: readonly number[],
  expert: number,
  expectTransposed: boolean,
): Omit<MatrixTarget, 'changes'> | null {
  const [experts = 0, rows = 0, columns = 0] = shape;
  if (shape.length !== 3 || expert >= experts) return null;
  const offset = expert * rows * columns;
  const straight = rows === info.outFeatures && columns === info.inFeatures;
  const turned = rows === info.inFeatures && columns === info.outFeatures;
  if (straight && !(turned && expectTransposed)) return { offset, rows, columns, transposed: false };
  return turned ? { offset, rows, columns, transposed: true } : null;
}

function isFanInFanOut({ config }: OpenedAdapter): boolean {
  return config?.['fan_in_fan_out'] === true;
}
