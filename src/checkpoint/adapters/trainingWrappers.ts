/** The segments that training wrappers leave in tensors' names if the wrapped model is saved instead of the model. */

/** What puts each segment into a name. */
export const TRAINING_WRAPPERS: ReadonlyMap<string, string> = new Map([
  ['_orig_mod', 'torch.compile'],
  ['module', 'DistributedDataParallel'],
  ['_fsdp_wrapped_module', 'FSDP'],
  ['_checkpoint_wrapped_module', 'activation checkpointing'],
]);

/** Most names hold none of them, and a header may have a hundred thousand names. */
const WRAPPED = /(?:^|\.)(?:_orig_mod|module|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?:\.|$)/;

/** The wrappers' segments of a name, outermost first. */
export function wrappersOf(name: string): readonly string[] {
  return WRAPPED.test(name) ? name.split('.').filter((segment) => TRAINING_WRAPPERS.has(segment)) : [];
}

export function withoutWrappers(name: string): string {
  if (!WRAPPED.test(name)) return name;
  return name
    .split('.')
    .filter((segment) => !TRAINING_WRAPPERS.has(segment))
    .join('.');
}
