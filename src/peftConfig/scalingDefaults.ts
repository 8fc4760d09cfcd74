/**
 * The defaults that a scaling depends on. They belong to the table of config classes, whose rows take them from here
 * (`moduleClasses.ts`); they stand apart so that the inspector's worker loads these numbers without the rows.
 *
 * Source: the dataclasses of huggingface/peft 0.21.
 */

export const LORA_RANK = 8;
export const LORA_ALPHA = 8;
export const ADALORA_INITIAL_RANK = 12;
export const LOHA_ALPHA = 8;
export const LOKR_ALPHA = 8;
export const GRALORA_RANK = 32;
export const GRALORA_ALPHA = 64;
export const RANDLORA_RANK = 32;
export const RANDLORA_ALPHA = 640;
export const PSOFT_RANK = 32;
export const PSOFT_ALPHA = 32;
export const FOURIERFT_SCALING = 150;
export const WAVEFT_SCALING = 25;
export const LILY_SCALING = 1;
export const PEANUT_SCALING = 1;
