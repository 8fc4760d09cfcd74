/** The description of a source for the views. The types come from src/checkpoint, which describes files. */

export type {
  BottleneckInfo,
  LoraModuleInfo,
  PrefixInfo,
  PromptInfo,
  SourceDescription,
  TensorInfo,
  TrainedMethod,
  TrainingInfo,
  Trainings,
} from '../checkpoint/sourceDescription';
