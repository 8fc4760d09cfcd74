/** The parameter calculator's and the comparison's webviews to their host, and back. */

import type { PlanChoices, PlanFit, PlanInputs, PlanReport, PlanSweep } from './plan';

/** `full` is full fine-tuning, `adapters` the bottleneck adapters. */
export type MethodId = 'full' | 'lora' | 'adapters' | 'prefix' | 'prompt';

/**
 * `exact`: the shapes of the chosen model, counted as PEFT counts them. `reference`: the formulas of the reference
 * implementation, which know a width, a depth and the attention weights only.
 */
export type Basis = 'exact' | 'reference';

export const CUSTOM_MODEL = 'custom';

/** The sizes of a model that is typed in. */
export const CUSTOM_FIELDS = [
  'hiddenSize',
  'numLayers',
  'numHeads',
  'numKeyValueHeads',
  'intermediateSize',
  'vocabSize',
] as const;
export type CustomField = (typeof CUSTOM_FIELDS)[number];

export const METHOD_FIELDS = ['rank', 'alpha', 'bottleneckDim', 'prefixLength', 'promptLength'] as const;
export type MethodField = (typeof METHOD_FIELDS)[number];

/** Where a message belongs: a field, the chips of the target modules, or the model picker. */
export type Field = MethodField | CustomField | 'targets' | 'model';

/** As typed, so that what is wrong stays where it was typed. */
export interface BudgetInputs {
  /** 'preset:<id>', 'file:<uri>' or `CUSTOM_MODEL`. */
  readonly model: string;
  readonly basis: Basis;
  readonly method: Readonly<Record<MethodField, string>>;
  readonly custom: Readonly<Record<CustomField, string>>;
  /** LoRA targets chosen for each kind of architecture, as [first model type, suffixes]; none means PEFT's default. */
  readonly targets: readonly (readonly [string, readonly string[]])[];
}

export interface ModelChoice {
  readonly id: string;
  readonly group: 'preset' | 'workspace' | 'custom';
  readonly label: string;
  /** Folder of a workspace file; '' otherwise. */
  readonly description: string;
}

export interface TargetChoice {
  /** Suffix as it stands in target_modules. */
  readonly name: string;
  readonly chosen: boolean;
  /** 'q_proj: 32 modules, 4,096 to 4,096', for people. */
  readonly description: string;
}

export interface MethodBudget {
  readonly method: MethodId;
  readonly label: string;
  /** What is counted: 'r = 8 on 64 modules'. */
  readonly detail: string;
  /** Null where it cannot be counted; `problem` then says why. */
  readonly parameters: number | null;
  readonly parametersText: string;
  /** Parameters over the denominator of the report. */
  readonly ratio: number | null;
  readonly ratioText: string;
  /** As PEFT prints it: 100 * trained / (model + trained); '' where the model's total is not known. */
  readonly trainablePercentText: string;
  readonly fileBytes: number | null;
  readonly fileText: string;
  /** How the file's size was got. */
  readonly fileNote: string;
  readonly formula: string;
  readonly problem: string;
}

/** How a method's count grows with its one setting: parameters = constant + perUnit * setting, exactly. */
export interface GrowthLine {
  readonly method: MethodId;
  readonly label: string;
  /** 'rank', 'bottleneck', ... */
  readonly variable: string;
  readonly constant: number;
  readonly perUnit: number;
  /** The setting in force; null where it is not valid. */
  readonly current: number | null;
}

export interface BudgetReport {
  readonly modelTitle: string;
  /** 'llama, 32 layers, hidden 4,096, 32 heads'. */
  readonly modelSummary: string;
  readonly basis: Basis;
  /** What ratios are of: 'all 6,738,415,616 parameters of the model'. */
  readonly denominator: string;
  readonly methods: readonly MethodBudget[];
  readonly growth: readonly GrowthLine[];
  /** Under which key of `BudgetInputs.targets` this model's choice is kept; '' where there is none to make. */
  readonly targetsKey: string;
  readonly targets: readonly TargetChoice[];
  /** 'scaling 2 = alpha / rank = 16 / 8'; '' where they are not valid. */
  readonly scaling: string;
  readonly errors: readonly { readonly field: Field; readonly message: string }[];
  readonly warnings: readonly string[];
}

export interface BudgetSnapshot {
  readonly models: readonly ModelChoice[];
  readonly inputs: BudgetInputs;
  readonly report: BudgetReport;
}

export interface BudgetRequests {
  /** The view is up; the answer is all it needs to draw itself. */
  'budget/ready'(params: Record<never, never>): BudgetSnapshot;
  /** Counts, and keeps the inputs for the next time. */
  'budget/compute'(params: { readonly inputs: BudgetInputs }): BudgetReport;
}

export interface CalculatorRequests extends BudgetRequests {
  'plan/ready'(params: Record<never, never>): { readonly choices: PlanChoices; readonly plan: PlanInputs };
  /** Counts a plan on the model that is chosen, and keeps its inputs for the next time. */
  'plan/compute'(params: { readonly plan: PlanInputs }): PlanReport;
  /** What fits the GPU of a plan, and what to change where it does not. */
  'plan/fit'(params: { readonly plan: PlanInputs }): PlanFit;
  'plan/copy'(params: { readonly text: string }): void;
  /** Asks where, and writes adapter_config.json there. Null when the user thought better of it. */
  'plan/save'(params: { readonly text: string }): string | null;
  'calculator/run'(params: { readonly command: 'compare' | 'demo' }): void;
}

export interface ComparisonRequests extends BudgetRequests {
  /** Of the plan in the calculator, on the model that is chosen here. */
  'comparison/sweep'(params: Record<never, never>): PlanSweep;
  'comparison/copy'(params: { readonly inputs: BudgetInputs; readonly format: 'markdown' | 'csv' }): void;
}

export interface BudgetEvents {
  /** A config.json came, went or changed: the host's current inputs counted anew. */
  'models/changed': { readonly models: readonly ModelChoice[]; readonly report: BudgetReport };
  /** The view was asked for again, with other inputs. */
  'inputs/changed': BudgetSnapshot;
}
