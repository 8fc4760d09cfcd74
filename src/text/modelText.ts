/** How a model is named beside its figures. */

export interface NamedModel {
  readonly title: string;
  /** The model that was asked for, if this one is counted in its place; `null` otherwise. */
  readonly standsInFor: string | null;
}

/** 'Llama-2-7B', or 'Llama-2-7B, standing in for Qwen/Qwen3-4B': no figure of a stand-in goes without the second. */
export function modelText({ title, standsInFor }: NamedModel): string {
  return standsInFor === null ? title : `${title}, standing in for ${standsInFor}`;
}

/** The end of a line of figures that does not name its model otherwise; '' unless the model is a stand-in. */
export function standInNote(model: NamedModel, separator = ' || '): string {
  return model.standsInFor === null ? '' : `${separator}on ${modelText(model)}`;
}
