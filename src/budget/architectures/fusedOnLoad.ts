/** Model types whose experts or routers transformers rebuilds when it loads a checkpoint, beyond PEFT's conversions. */

/** Types whose experts transformers 5.18 fuses when it loads them, and whose adapters PEFT 0.21 does not convert. */
export const FUSED_ON_LOAD: ReadonlySet<string> = new Set([
  ...['axk1', 'axk2', 'deepseek_ocr2', 'deepseek_v4', 'hy_v3', 'jamba', 'kimi_k25', 'kimi_linear', 'laguna'],
  ...['lfm2_moe', 'mimo_v2_flash', 'minimax_m3_vl', 'nemotron_h', 'phimoe', 'qwen2_moe', 'qwen4_exp_text'],
]);

/** Types whose routers are bare tensors in memory: those that PEFT converts, and these. */
export const BARE_ROUTERS: ReadonlySet<string> = new Set([
  ...['granitemoe', 'granitemoehybrid', 'granitemoeshared', 'phimoe', 'nemotron_h', 'lfm2_moe', 'qwen2_moe'],
]);

/** The types whose names begin so store their experts stacked, under other names than the model has. */
export const STACKED_FAMILY = 'granitemoe';
