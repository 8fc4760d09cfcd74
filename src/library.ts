/** The library, dist/peft.cjs: the pure rooms for scripts, benchmarks and notebooks, without an editor. */

export { ArgumentError, ExpectationError, ShapeError, StateError } from './tensor/errors';
export { Tensor } from './tensor/tensor';
export { DEFAULT_SEED, normalRandom, seededRandom } from './tensor/random';
export type { Random } from './tensor/random';
export { matmul, matmulNT, matmulTN } from './tensor/matmul';
export { dequantizeNf4, NF4_BLOCK_SIZE, NF4_LEVELS, quantizeNf4 } from './tensor/nf4';
export type { Nf4Quantized } from './tensor/nf4';
export { factoredSingularValues, factoredSvd, svd } from './tensor/svd';
export type { LowRankFactors, SingularValues, SingularVectors } from './tensor/svd';

export { computeBudget } from './budget/computeBudget';
export type { Budget, BudgetOptions } from './budget/computeBudget';
export type { CountedModule } from './budget/sheet';
export { BudgetError, ConfigError, PatternError } from './peftConfig/errors';
export { NeedsWeightsError, TargetError, UnknownArchitectureError, UnknownMethodError } from './budget/errors';

export { GPUS, gpuBytes } from './budget/gpus';
export type { Gpu } from './budget/gpus';
export { benchmarkErrors } from './budget/memory/benchmark';
export type { BenchmarkErrors, BenchmarkRow } from './budget/memory/benchmark';
export { estimateInferenceMemory } from './budget/memory/inference';
export { adviceFor, largestThatFits } from './budget/memory/solver';
export type { Advice, Fit, FitQuestion } from './budget/memory/solver';
export { DEFAULT_INFERENCE, DEFAULT_TRAINING } from './budget/memory/setup';
export type { InferenceSetup, TrainingSetup } from './budget/memory/setup';
export { prepareModel } from './budget/memory/prepare';
export { estimateTrainingMemory } from './budget/memory/training';
export type { MemoryEstimate, MemoryTerm, TrainingMemory } from './budget/memory/terms';

export { evaluateModel } from './model/evaluateModel';
export type { EvaluateOptions, Evaluation, TokensAndLabels } from './model/evaluateModel';
export { openModel } from './model/openModel';
export type { ModelOptions, OpenModel } from './model/openModel';
export type { NamedTensors } from './model/buildModel';
export { ModelTrainer, trainModel } from './model/trainModel';
export type { OptimiserOptions, TrainOptions, TrainResult } from './model/trainModel';

export { BASE_CONFIG, BASE_TRAINING, BaseTraining } from './lab/baseModel';
export { BASE_FAMILIES } from './lab/baseFamilies';
export { answerTo, exactMatch } from './lab/exactMatch';
export { LabRun } from './lab/labRun';
export type { LabEvaluation, LabRunOptions } from './lab/labRun';
export { isHeldOut } from './lab/line';
export type { DrawLine, LabLine } from './lab/line';
export { TASK_NAMES } from './lab/tasks';
export { decode, encode, VOCABULARY } from './lab/vocabulary';

export { Adam } from './peft/adam';
export type { AdamOptions } from './peft/adam';
export { Adapter } from './peft/adapter';
export type { AdapterCache, AdapterOptions } from './peft/adapter';
export { comparePeftMethods } from './peft/compareMethods';
export type { ComparedMethod, CompareOptions, MethodCount } from './peft/compareMethods';
export { runDemo } from './peft/demo';
export type { DemoOptions, DemoProgress } from './peft/demo';
export type { DemoAdapter, DemoAttention, DemoLora, DemoPrefix, DemoPrompt, DemoResult } from './peft/demoResult';
export { DoRALayer } from './peft/dora';
export type { DoRACache, DoRAOptions } from './peft/dora';
export { IA3Layer } from './peft/ia3';
export type { IA3Cache, IA3Options } from './peft/ia3';
export { LoRALayer } from './peft/lora';
export type { LoRACache, LoRAForwardOptions, LoRAOptions } from './peft/lora';
export { applyLoraToFeedForward, LoRAFeedForward } from './peft/loraFeedForward';
export type { FeedForwardActivation, FeedForwardLoraOptions, FeedForwardWeights } from './peft/loraFeedForward';
export type { LoRAInit } from './peft/loraInit';
export { applyLoraToAttention, LoRALinear } from './peft/loraLinear';
export type { AttentionLoraOptions, AttentionProjection, LoRALinearOptions } from './peft/loraLinear';
export { LoRAWithPrompt } from './peft/loraWithPrompt';
export type { LoRAWithPromptOptions } from './peft/loraWithPrompt';
export { meanSquaredError } from './peft/loss';
export { ParallelAdapter } from './peft/parallelAdapter';
export type { ParallelAdapterGradients, ParallelAdapterOptions } from './peft/parallelAdapter';
export { prefixAttention } from './peft/prefixAttention';
export type { PrefixAttentionGradients, PrefixAttentionInputs, PrefixAttentionResult } from './peft/prefixAttention';
export { PrefixMLP } from './peft/prefixMlp';
export type { PrefixMLPOptions } from './peft/prefixMlp';
export { PrefixTuning } from './peft/prefixTuning';
export type { PrefixPair, PrefixTuningOptions } from './peft/prefixTuning';
export { PromptTuning } from './peft/promptTuning';
export type { PromptTuningOptions } from './peft/promptTuning';
export { QLoRALinear } from './peft/qlora';
export type { QLoRALinearOptions } from './peft/qlora';
export { trainLora } from './peft/training';
export type { LoraSnapshot, LoraTrainingOptions, LoraTrainingRecord } from './peft/training';

export { effectiveRank, energyCurve, frobeniusNorm, stableRank } from './matrices/spectrum';

export { adapterConfigJson } from './checkpoint/adapters/adapterConfigJson';
export type { ConfigObject, ConfigValue } from './checkpoint/adapters/adapterConfigJson';
export { CheckpointError } from './checkpoint/errors';
export type { CheckpointErrorCode } from './checkpoint/errors';
export { loraAdapter } from './checkpoint/adapters/loraAdapter';
export type { AdapterFiles, LoraAdapterOptions, LoraFactors } from './checkpoint/adapters/loraAdapter';
export {
  encodeSafetensors,
  PEFT_METADATA,
  planSafetensors,
  writeSafetensors,
} from './checkpoint/safetensors/safetensorsWriter';
export type {
  PlannedTensor,
  SafetensorsPlan,
  TensorData,
  TensorSpec,
} from './checkpoint/safetensors/safetensorsWriter';
