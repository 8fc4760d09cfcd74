/** What a source holds, as the views know it: its types are those of the room that describes files. */

export type { Problem } from '../peftConfig/problem';
export type {
  BottleneckInfo,
  LoraModuleInfo,
  PrefixInfo,
  PromptInfo,
  SourceDescription,
  TensorInfo,
  TrainingInfo,
} from '../checkpoint/sourceDescription';
