/** A text to be translated: `args` take the places of {0}, {1}, ... in `message`. */
export interface LocalText {
  readonly message: string;
  readonly args: readonly (string | number)[];
}
