/** The sizes of the demo, which the reference document prints. */

export const BATCH = 2;
export const SEQUENCE = 16;
export const D_MODEL = 256;
/** Layers and heads of the demo's attention. The heads split D_MODEL between them. */
export const NUM_LAYERS = 4;
export const NUM_HEADS = 8;
/**
 * Batches that training goes through again and again, except for LoRA. The first one is shown. They are enough that a
 * method learns its task and not the batch.
 */
export const BATCHES = 16;

/** Sequences of a batch of attention. Those that are not shown have one, which takes half the time. */
export function sequencesOf(batch: number): number {
  return batch === 0 ? BATCH : 1;
}
