/** What is read of PEFT in a Python program. Offsets are of UTF-16 code units, within the part they are in. */

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
