/** The plan of one adapter: a method on the chosen model, its counts, and its memory on a GPU. */

/** Settings as the user typed them, by key. */
export type Typed = readonly (readonly [key: string, text: string])[];

export type Purpose = 'training' | 'inference';

export interface PlanInputs {
  /** 'LORA', 'IA3', ... */
  readonly peftType: string;
  /** Keys of the adapter's config. A key that is absent or empty takes PEFT's default. */
  readonly values: Typed;
  /** Suffixes of module names. An empty list means PEFT's default targets. */
  readonly targets: readonly string[];
  /** What the memory is estimated for. */
  readonly purpose: Purpose;
  /** Keys of TrainingSetup. */
  readonly setup: Typed;
  /** Keys of InferenceSetup. */
  readonly inference: Typed;
  /** The id of a GPU, or a size such as '24 GB'. */
  readonly gpu: string;
  /** A pasted claim: 'trainable params: ... || all params: ...'. */
  readonly claim: string;
}

export interface PlanField {
  readonly key: string;
  /** The user separates the entries of a `list` (names or whole numbers) with commas. */
  readonly kind: 'number' | 'boolean' | 'choice' | 'list';
  readonly label: string;
  readonly title: string;
  /** The value that an empty field means; '' if it means none. */
  readonly initial: string;
  /** The value the field gets when the user picks the method; '' if PEFT has a default. */
  readonly start: string;
  readonly choices: readonly string[];
  /** What users read for a choice. A choice without an entry is its own text. */
  readonly choiceLabels?: Readonly<Record<string, string>>;
}

export interface PlanChoices {
  readonly methods: readonly {
    readonly peftType: string;
    /** The method's name as its paper writes it. */
    readonly name: string;
    readonly title: string;
    readonly fields: readonly PlanField[];
    readonly targeting: boolean;
  }[];
  readonly setup: readonly PlanField[];
  readonly inference: readonly PlanField[];
  readonly gpus: readonly { readonly id: string; readonly label: string; readonly bytes: number }[];
}

/** Modules whose names differ only in the layer number. */
export interface TargetRow {
  /** 'model.layers.*.self_attn.q_proj'. */
  readonly pattern: string;
  /** The entry for target_modules: the shortest suffix that no other row has, or the last segment if there is none. */
  readonly end: string;
  readonly modules: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** How many of the modules the plan adapts, and how many parameters it trains in them. */
  readonly adapted: number;
  readonly trainable: number;
}

export interface PlanTerm {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly bytes: number;
  /** The arithmetic with its numbers, and any remark. */
  readonly formula: string;
}

/** A phase of a training step. The largest phase is the peak. */
export interface PlanPhase {
  readonly label: string;
  readonly bytes: number;
}

export interface PlanMemory {
  /** Their bytes add up to `deviceBytes`. */
  readonly terms: readonly PlanTerm[];
  readonly deviceBytes: number;
  /** The memory of the GPU; `null` if the plan names no GPU. */
  readonly gpuBytes: number | null;
  /** Bytes on the device in each phase; empty for inference. */
  readonly phases: readonly PlanPhase[];
  readonly warnings: readonly string[];
}

/** What fits the GPU. The search takes about ten times as long as a report, so it has a request of its own. */
export interface PlanFit {
  /** 'rank 512': the largest value of each setting that fits while the others stay; empty without a GPU. */
  readonly fits: readonly string[];
  /** Changes in order of preference, if the plan does not fit. */
  readonly advice: readonly string[];
}

export interface PlanPoint {
  readonly label: string;
  readonly rank: number | null;
  readonly trainable: number;
  readonly bytes: number;
}

/** Why a part of a plan could not be computed. */
export interface PlanProblem {
  readonly message: string;
  /** The key of the field that holds the unusable value; `null` if no single field is at fault. */
  readonly key: string | null;
}

export interface PlanReport {
  readonly modelTitle: string;
  /** The end of a line of figures of a model that stands in for another one; '' otherwise. */
  readonly standIn: string;
  /** Why nothing was counted; `null` if it was counted. */
  readonly problem: PlanProblem | null;
  readonly counts: {
    readonly trainable: number;
    readonly all: number;
    readonly percent: number;
    readonly fileBytes: number;
  } | null;
  readonly warnings: readonly string[];
  readonly targets: readonly TargetRow[];
  /** `null` if it cannot be estimated; `memoryProblem` then says why. */
  readonly memory: PlanMemory | null;
  readonly memoryProblem: PlanProblem | null;
  /** The config as Python and as adapter_config.json; '' if it cannot be written. */
  readonly python: string;
  readonly configText: string;
  readonly claim: { readonly agrees: boolean; readonly lines: readonly string[] } | null;
}

/** Trainable parameters against memory: points for each method at its defaults, and for ranks of the planned one. */
export interface PlanSweep {
  readonly methods: readonly PlanPoint[];
  /** The plan with its own settings; `null` if it cannot be estimated. */
  readonly planned: PlanPoint | null;
  readonly ranks: readonly PlanPoint[];
  /** The GPU of the plan; `null` if the plan names none. */
  readonly gpu: { readonly label: string; readonly bytes: number } | null;
}
