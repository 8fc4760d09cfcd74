/** Names of the demo's modules in requests. */

export const DEMO_LORA = 'lora';
export const DEMO_PREFIX = 'prefix';
