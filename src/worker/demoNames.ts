/** Modules of the demo that requests name. */

export const DEMO_LORA = 'lora';
export const DEMO_PREFIX = 'prefix';
