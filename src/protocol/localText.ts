/** A text to translate. `args` replace {0}, {1}, ... in `message`. */
export interface LocalText {
  readonly message: string;
  readonly args: readonly (string | number)[];
}
