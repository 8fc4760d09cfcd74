/** The plan of one adapter: any method on the chosen model, its memory on a GPU, and what follows from them. */

/** Settings by key, as typed. */
export type Typed = readonly (readonly [key: string, text: string])[];

export type Purpose = 'training' | 'inference';

export interface PlanInputs {
  /** 'LORA', 'IA3', ... */
  readonly peftType: string;
  /** Of the adapter's config; what is left out or empty has PEFT's default. */
  readonly values: Typed;
  /** Ends of module names; empty: PEFT's default targets. */
  readonly targets: readonly string[];
  /** What the memory is asked for. */
  readonly purpose: Purpose;
  /** Of the training: keys of TrainingSetup. */
  readonly setup: Typed;
  /** Of running the model: keys of InferenceSetup. */
  readonly inference: Typed;
  /** Id of a GPU, or a size such as '24 GB'. */
  readonly gpu: string;
  /** Pasted: 'trainable params: ... || all params: ...'. */
  readonly claim: string;
}

export interface PlanField {
  readonly key: string;
  /** A `list` is typed with commas: names, or whole numbers. */
  readonly kind: 'number' | 'boolean' | 'choice' | 'list';
  readonly label: string;
  readonly title: string;
  /** What an empty field stands for; '' where nothing does. */
  readonly initial: string;
  /** What the field is filled with when the method is picked, where PEFT has no default; '' otherwise. */
  readonly start: string;
  readonly choices: readonly string[];
}

export interface PlanChoices {
  readonly methods: readonly {
    readonly peftType: string;
    readonly title: string;
    readonly fields: readonly PlanField[];
    readonly targeting: boolean;
  }[];
  readonly setup: readonly PlanField[];
  readonly inference: readonly PlanField[];
  readonly gpus: readonly { readonly id: string; readonly label: string; readonly bytes: number }[];
}

/** Modules that differ only in the number of their layer. */
export interface TargetRow {
  /** 'model.layers.*.self_attn.q_proj'. */
  readonly pattern: string;
  /** What target_modules takes: the shortest end of the name that no other row has; the last part where all share it. */
  readonly end: string;
  readonly modules: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** How many of the modules the plan adapts, and the parameters trained there. */
  readonly adapted: number;
  readonly trainable: number;
}

export interface PlanTerm {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly bytes: number;
  /** The arithmetic, with its numbers, and what is to be said of it. */
  readonly formula: string;
}

/** A moment of a training step, of which the largest decides. */
export interface PlanPhase {
  readonly label: string;
  readonly bytes: number;
}

export interface PlanMemory {
  /** Add up to `deviceBytes`. */
  readonly terms: readonly PlanTerm[];
  readonly deviceBytes: number;
  /** Of the GPU; null where none is named. */
  readonly gpuBytes: number | null;
  /** Of the device; empty for inference. */
  readonly phases: readonly PlanPhase[];
  readonly warnings: readonly string[];
}

/** What fits the GPU, found by trying: slower than a report, so it comes after one. */
export interface PlanFit {
  /** 'rank 512', for people: the largest of each that fits, the rest as it is; empty without a GPU. */
  readonly fits: readonly string[];
  /** What to change first, where it does not fit. */
  readonly advice: readonly string[];
}

export interface PlanPoint {
  readonly label: string;
  readonly rank: number | null;
  readonly trainable: number;
  readonly bytes: number;
}

export interface PlanReport {
  readonly modelTitle: string;
  /** Why nothing was counted; '' where it was. */
  readonly problem: string;
  readonly counts: {
    readonly trainable: number;
    readonly all: number;
    readonly percent: number;
    readonly fileBytes: number;
  } | null;
  readonly warnings: readonly string[];
  readonly targets: readonly TargetRow[];
  /** Null where it cannot be estimated; `memoryProblem` then says why. */
  readonly memory: PlanMemory | null;
  readonly memoryProblem: string;
  /** The config as Python, and as adapter_config.json; '' where it cannot be written. */
  readonly python: string;
  readonly configText: string;
  readonly claim: { readonly agrees: boolean; readonly lines: readonly string[] } | null;
}

/** Trainable parameters against memory: one point for each method at its defaults, and ranks of the one chosen. */
export interface PlanSweep {
  readonly methods: readonly PlanPoint[];
  readonly ranks: readonly PlanPoint[];
  /** That the plan is for; null where none is named. */
  readonly gpu: { readonly label: string; readonly bytes: number } | null;
}
