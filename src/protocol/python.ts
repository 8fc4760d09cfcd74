/**
 * The PEFT calls in a Python program, and what the editor shows over them. An offset counts UTF-16 code units from the
 * start of its part.
 */

import type { BudgetInputs, MethodField } from './calculator';
import type { LocalText } from './localText';
import type { ReportModel, Surroundings } from './models';

/** Programs that people write are far shorter; a longer text is data or generated. */
export const MAX_PROGRAM_CHARACTERS = 1 << 19;

/** A range in one part of the program. A file has one part, a notebook has one for each cell. */
export interface PythonSpan {
  readonly part: number;
  readonly from: number;
  readonly to: number;
}

/** A setting whose value the program text does not show. */
export interface UnknownSetting {
  /** The argument's name; '**' for settings passed in a dictionary, '*' for settings passed in a list. */
  readonly key: string;
  /** Completes the sentence "r is ...": 'not a literal', 'assigned more than once'. */
  readonly reason: string;
  readonly span: PythonSpan;
}

export interface PythonArgument {
  readonly key: string;
  /** The name and the value, as far as they are written. */
  readonly span: PythonSpan;
}

/** A call of one of PEFT's config classes. */
export interface PythonConfigCall {
  readonly span: PythonSpan;
  /** The class's name in the call, which may be an alias. */
  readonly name: PythonSpan;
  readonly className: string;
  readonly peftType: string;
  /** The settings as adapter_config.json would hold them, without unknown ones and without defaults. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly unknown: readonly UnknownSetting[];
  /** Arguments that the class does not take; PEFT refuses the call. */
  readonly strange: readonly string[];
  readonly arguments: readonly PythonArgument[];
  /** The name of the model that the program loads: 'meta-llama/Llama-2-7b-hf'; `null` if it loads none by name. */
  readonly baseModel: string | null;
}

/** `get_peft_model(model, config)`. */
export interface PythonModelCall {
  readonly span: PythonSpan;
  readonly name: PythonSpan;
  /** The index of its config among the config calls; `null` if it cannot be determined. */
  readonly config: number | null;
}

export interface PythonProgram {
  readonly configs: readonly PythonConfigCall[];
  readonly models: readonly PythonModelCall[];
  /** Why nothing was read; '' if something was read. */
  readonly problem: string;
}

export interface PythonProgramPart {
  readonly text: string;
  readonly notebookCell: boolean;
}

/** A Python file, or the Python cells of a notebook in order, as the editor shows them. */
export interface PythonDocument extends Surroundings {
  readonly parts: readonly PythonProgramPart[];
  /** The model to count on if the program names none, or one that is not found. */
  readonly calculator: { readonly inputs: BudgetInputs; readonly model: ReportModel };
}

/** A fault of a config call. */
export interface PythonFinding {
  readonly span: PythonSpan;
  /** A `FindingCode` of the planner. */
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly text: LocalText;
  /** Replacements of what the span holds, the likeliest first. */
  readonly fixes: readonly PythonFix[];
  /** The name of the base model that the user can choose a model for; `null` for other faults. */
  readonly chooseFor: string | null;
}

export interface PythonFix {
  readonly title: LocalText;
  readonly newText: string;
}

export interface PythonFindings {
  readonly findings: readonly PythonFinding[];
  /** The base models that the program names, each once. */
  readonly baseModels: readonly string[];
}

export interface PythonLens {
  readonly span: PythonSpan;
  readonly title: LocalText;
  readonly tooltip: LocalText;
  /** The base model that was not found, which the user can choose; `null` if none is missing. */
  readonly chooseFor: string | null;
  /** The settings that the comparison opens with; `null` without a model. */
  readonly comparison: ComparisonSettings | null;
}

/** The calculator inputs that a call sets. The others keep their values. */
export interface ComparisonSettings {
  /** A preset's id, or the path of a config.json. */
  readonly model: { readonly preset: string } | { readonly path: string } | null;
  /** The model that the program names, if `model` stands in for it. */
  readonly standsInFor: string | null;
  readonly method: Readonly<Partial<Record<MethodField, string>>>;
  /** See `BudgetInputs.targets`. */
  readonly targets: BudgetInputs['targets'];
}

export interface PythonRequests {
  /** The lenses over the calls of a program, in order. */
  'python/lenses'(params: PythonDocument): readonly PythonLens[];
  /** The findings that adapter_config.json files with the settings of the calls would have. */
  'python/findings'(params: PythonDocument): PythonFindings;
  /** Explains the class or argument at `offset` of a part in Markdown; `null` if there is nothing to explain. */
  'python/hover'(
    params: PythonDocument & { readonly part: number; readonly offset: number },
  ): { readonly span: PythonSpan; readonly markdown: string } | null;
}
