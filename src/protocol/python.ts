/** What is read of PEFT in a Python program, and what is said of it there. Offsets are of UTF-16 code units, within the part they are in. */

import type { BudgetInputs, MethodField } from './calculator';
import type { LocalText } from './localText';
import type { ReportModel, Surroundings } from './models';

/** A stretch of one part of the program: a file has one part, a notebook one for each cell. */
export interface PythonSpan {
  readonly part: number;
  readonly from: number;
  readonly to: number;
}

/** A setting whose value the text does not give. */
export interface UnknownSetting {
  /** The argument's name; '**' for settings that are handed on in a dictionary, '*' for ones in a list. */
  readonly key: string;
  /** Ends the sentence "r is ...": 'not a literal', 'assigned more than once', ... */
  readonly reason: string;
  readonly span: PythonSpan;
}

export interface PythonArgument {
  readonly key: string;
  /** Name and value, as far as written. */
  readonly span: PythonSpan;
}

/** A call of one of PEFT's config classes. */
export interface PythonConfigCall {
  readonly span: PythonSpan;
  /** The class's name where it is called, which may be an alias. */
  readonly name: PythonSpan;
  readonly className: string;
  readonly peftType: string;
  /** As adapter_config.json would have it, without what is unknown and what keeps its default. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly unknown: readonly UnknownSetting[];
  /** Names given that the class does not take, which PEFT refuses. */
  readonly strange: readonly string[];
  readonly arguments: readonly PythonArgument[];
  /** The model it is put on, by what the program loads: 'meta-llama/Llama-2-7b-hf'; null where it does not say. */
  readonly baseModel: string | null;
}

/** `get_peft_model(model, config)`. */
export interface PythonModelCall {
  readonly span: PythonSpan;
  readonly name: PythonSpan;
  /** Index of its config among the config calls; null where that is not to be told. */
  readonly config: number | null;
}

export interface PythonProgram {
  readonly configs: readonly PythonConfigCall[];
  readonly models: readonly PythonModelCall[];
  /** Why nothing was read; '' where something was. */
  readonly problem: string;
}

/** A Python file, or the Python cells of a notebook in their order, as they stand in the editor. */
export interface PythonDocument extends Surroundings {
  readonly parts: readonly { readonly text: string; readonly notebookCell: boolean }[];
  /** Counted on where the program names no model, or one that is not found. */
  readonly calculator: { readonly inputs: BudgetInputs; readonly model: ReportModel };
}

export interface PythonLens {
  readonly span: PythonSpan;
  readonly title: LocalText;
  readonly tooltip: LocalText;
  /** What the comparison opens with; null where the comparison cannot take the model. */
  readonly comparison: ComparisonSettings | null;
}

/** Inputs of the calculator that a call gives; it keeps its own for the rest. */
export interface ComparisonSettings {
  /** A preset's id, or the path of a config.json. */
  readonly model: { readonly preset: string } | { readonly path: string } | null;
  readonly method: Readonly<Partial<Record<MethodField, string>>>;
  /** As in `BudgetInputs.targets`. */
  readonly targets: BudgetInputs['targets'];
}

export interface PythonRequests {
  /** What to show over the calls of a program, in its order. */
  'python/lenses'(params: PythonDocument): readonly PythonLens[];
  /** What the class or argument at `offset` of a part means, as Markdown; null where there is nothing to say. */
  'python/hover'(
    params: PythonDocument & { readonly part: number; readonly offset: number },
  ): { readonly span: PythonSpan; readonly markdown: string } | null;
}
