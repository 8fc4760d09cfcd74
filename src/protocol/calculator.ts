/** Messages between the host and the webviews of the parameter calculator and the comparison. */

import type { PlanChoices, PlanFit, PlanInputs, PlanReport, PlanSweep } from './plan';

/** `full` is full fine-tuning, `adapters` are bottleneck adapters. */
export type MethodId = 'full' | 'lora' | 'adapters' | 'prefix' | 'prompt';

/**
 * `exact` takes the shapes of the chosen model and counts as PEFT does. `reference` takes the formulas of the reference
 * implementation, which depend only on width, depth and the attention weights.
 */
export type Basis = 'exact' | 'reference';

export const CUSTOM_MODEL = 'custom';

/** The sizes that the user types for a custom model. */
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

/** The place of a message on the page: a field, the target modules, or the model picker. */
export type Field = MethodField | CustomField | 'targets' | 'model';

/** Inputs as typed: an invalid text stays in its field. */
export interface BudgetInputs {
  /** 'preset:<id>', 'file:<uri>' or `CUSTOM_MODEL`. */
  readonly model: string;
  /** The model that an adapter or a program names, if `model` stands in for it; absent if the user chose `model`. */
  readonly standsInFor?: string;
  readonly basis: Basis;
  readonly method: Readonly<Record<MethodField, string>>;
  readonly custom: Readonly<Record<CustomField, string>>;
  /** Chosen LoRA targets by architecture: [first model type, suffixes]. An absent architecture takes PEFT's default. */
  readonly targets: readonly (readonly [string, readonly string[]])[];
}

export interface ModelChoice {
  readonly id: string;
  readonly group: 'preset' | 'workspace' | 'custom';
  readonly label: string;
  /** The folder of a workspace file; '' for other models. */
  readonly description: string;
  /** True for a text about the group, which cannot be chosen. */
  readonly note?: boolean;
}

export interface TargetChoice {
  /** The suffix as target_modules takes it. */
  readonly name: string;
  readonly chosen: boolean;
  /** The text that users see: 'q_proj: 32 modules, 4,096 to 4,096'. */
  readonly description: string;
}

export interface MethodBudget {
  readonly method: MethodId;
  readonly label: string;
  /** The setting that was counted: 'r = 8 on 64 modules'. */
  readonly detail: string;
  /** `null` if it cannot be counted; `problem` then says why. */
  readonly parameters: number | null;
  readonly parametersText: string;
  /** The share that the report's `shareTitle` names; `null` if it is unknown. */
  readonly share: number | null;
  readonly shareText: string;
  readonly fileBytes: number | null;
  readonly fileText: string;
  /** How the file's size was computed. */
  readonly fileNote: string;
  readonly formula: string;
  readonly problem: string;
}

/** How a method's count grows with its setting: parameters = constant + perUnit * setting, exactly. */
export interface GrowthLine {
  readonly method: MethodId;
  readonly label: string;
  /** 'rank', 'bottleneck', ... */
  readonly variable: string;
  readonly constant: number;
  readonly perUnit: number;
  /** The current setting; `null` if it is not valid. */
  readonly current: number | null;
}

export interface BudgetReport {
  readonly modelTitle: string;
  /** 'llama, 32 layers, hidden 4,096, 32 heads'. */
  readonly modelSummary: string;
  readonly basis: Basis;
  /** 'Trainable %', which is PEFT's; or 'Of attention weights' for the reference's formulas. */
  readonly shareTitle: string;
  /** How the shares are computed; '' if they are unknown. */
  readonly shareNote: string;
  readonly methods: readonly MethodBudget[];
  readonly growth: readonly GrowthLine[];
  /** The key of `BudgetInputs.targets` for this model; '' if it offers no targets. */
  readonly targetsKey: string;
  readonly targets: readonly TargetChoice[];
  /** 'scaling 2 = alpha / rank'; '' if rank or alpha is not valid. */
  readonly scaling: string;
  readonly errors: readonly { readonly field: Field; readonly message: string }[];
  readonly warnings: readonly string[];
}

export interface BudgetSnapshot {
  readonly models: readonly ModelChoice[];
  readonly inputs: BudgetInputs;
  readonly report: BudgetReport;
}

/** The counts after a change. The plan is counted on the model of the inputs. */
export interface CalculatorReport {
  /** `null` if the inputs did not change. */
  readonly budget: BudgetReport | null;
  readonly plan: PlanReport;
}

export interface BudgetRequests {
  /** The view is loaded. The reply is all that it needs to draw itself. */
  'budget/ready'(params: Record<never, never>): BudgetSnapshot;
}

export interface CalculatorRequests extends BudgetRequests {
  'plan/ready'(params: Record<never, never>): { readonly choices: PlanChoices; readonly plan: PlanInputs };
  /**
   * Stores the parts that changed and counts: the one request of a keystroke. An absent part keeps its stored value.
   */
  'calculator/compute'(params: { readonly inputs?: BudgetInputs; readonly plan?: PlanInputs }): CalculatorReport;
  /** What fits the GPU of the stored plan, and what to change if the plan does not fit. */
  'plan/fit'(params: Record<never, never>): PlanFit;
  'plan/copy'(params: { readonly text: string }): void;
  /** Asks for a path and writes adapter_config.json there. Returns `null` if the user cancels. */
  'plan/save'(params: { readonly text: string }): string | null;
  'calculator/run'(params: { readonly command: 'compare' | 'demo' | 'plan' }): void;
}

export interface ComparisonRequests extends BudgetRequests {
  /** Stores the inputs and counts. */
  'budget/compute'(params: { readonly inputs: BudgetInputs }): BudgetReport;
  /** Sweeps the calculator's plan on the model that is chosen here. */
  'comparison/sweep'(params: Record<never, never>): PlanSweep;
  'comparison/copy'(params: { readonly inputs: BudgetInputs; readonly format: 'markdown' | 'csv' }): void;
}

export interface BudgetEvents {
  /** A config.json was added, changed or removed. `report` counts the current inputs again. */
  'models/changed': { readonly models: readonly ModelChoice[]; readonly report: BudgetReport };
  /** The user opened the view again with other inputs. */
  'inputs/changed': BudgetSnapshot;
}
