"""Counts what PEFT itself trains on small models, for the cases below. usage: python3 scripts/peftCounts.py [--print]

Writes test/fixtures/golden/peft_counts.json: model config, adapter config, and PEFT's counts, or `refused` if PEFT
raises an error. `--print` writes the list to stdout instead.
"""

import copy
import json
import sys
import warnings
from pathlib import Path

import transformers
from peft import PeftConfig, get_peft_model

TARGET = Path(__file__).resolve().parent.parent / "test/fixtures/golden/peft_counts.json"

SIZES = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 320, "max_position_embeddings": 128,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
LATENT = {"q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 16}
ROUTED = {"n_routed_experts": 4, "n_shared_experts": 1, "moe_intermediate_size": 48, "num_experts_per_tok": 2,
          "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1}  # fmt: skip
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48}
MIXTURES = {
    "mixtral": ("MixtralForCausalLM", {"num_local_experts": 4}),
    "minimax_m2": ("MiniMaxM2ForCausalLM", {"num_local_experts": 4}),
    "qwen2_moe": ("Qwen2MoeForCausalLM", {**EXPERTS, "shared_expert_intermediate_size": 48}),
    "qwen3_moe": ("Qwen3MoeForCausalLM", EXPERTS),
    "qwen3_next": ("Qwen3NextForCausalLM", {
        **EXPERTS, "shared_expert_intermediate_size": 48, "linear_num_value_heads": 4, "linear_num_key_heads": 2,
        "linear_key_head_dim": 16, "linear_value_head_dim": 16}),
    "olmoe": ("OlmoeForCausalLM", {"num_experts": 4, "num_experts_per_tok": 2}),
    "glm4_moe": ("Glm4MoeForCausalLM", ROUTED),
    # The type reads `head_dim` as the rotated part of a head.
    "glm4_moe_lite": ("Glm4MoeLiteForCausalLM", {**ROUTED, **LATENT, "num_key_value_heads": 4, "head_dim": 8}),
    "deepseek_v2": ("DeepseekV2ForCausalLM", {**ROUTED, **LATENT, "num_key_value_heads": 4}),
    "deepseek_v3": ("DeepseekV3ForCausalLM", {**ROUTED, **LATENT, "num_key_value_heads": 4}),
    "ernie4_5_moe": ("Ernie4_5_MoeForCausalLM", {
        "moe_intermediate_size": 32, "moe_num_experts": 4, "moe_k": 2, "moe_num_shared_experts": 1,
        "moe_layer_start_index": 1}),
    "hunyuan_v1_moe": ("HunYuanMoEV1ForCausalLM", {"num_experts": 4, "moe_topk": 2}),
    "exaone_moe": ("ExaoneMoeForCausalLM", {
        "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48, "num_shared_experts": 1,
        "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1}),
    "solar_open": ("SolarOpenForCausalLM", ROUTED),
}  # fmt: skip
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **SIZES}
TIED = {**LLAMA, "tie_word_embeddings": True}


def lora(**settings):
    return {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "lora_alpha": 16, **settings}


def cases():
    for model_type, (name, sizes) in MIXTURES.items():
        model = {"model_type": model_type, "architectures": [name], **SIZES, **sizes}
        short = ["w1", "w2", "w3"] if model_type in ("mixtral", "minimax_m2") else ["gate_proj", "up_proj", "down_proj"]
        for targets in (short, [*short, "gate", "q_proj"], [short[-1]], "all-linear", rf".*\.({short[0]}|{short[1]}|{short[2]})"):
            yield model, lora(target_modules=targets)
        yield model, lora(target_modules=["q_proj"], target_parameters=["mlp.experts.down_proj"])
        yield model, lora(target_parameters=["mlp.experts.down_proj"])
    tie = {"ensure_weight_tying": True}
    tokens = {"embed_tokens": [1, 2, 3]}
    for extra in (
        {"modules_to_save": ["lm_head"]},
        {"modules_to_save": ["embed_tokens"]},
        {"modules_to_save": ["lm_head", "embed_tokens"]},
        {"trainable_token_indices": tokens},
        {"trainable_token_indices": {"lm_head": [1, 2]}},
        {"trainable_token_indices": {**tokens, "lm_head": [1, 2]}},
        {"trainable_token_indices": {**tokens, "lm_head": [1, 2, 3]}},
        {"trainable_token_indices": tokens, "modules_to_save": ["lm_head"]},
        {"trainable_token_indices": tokens, "modules_to_save": ["embed_tokens"]},
    ):
        for model in (TIED, {**LLAMA, "tie_word_embeddings": False}):
            for tied in (tie, {}):
                yield model, lora(target_modules=["q_proj"], **extra, **tied)
    for end in ("lm_head", "embed_tokens"):
        yield TIED, lora(target_modules=["q_proj", end], **tie)
        for saved in ("lm_head", "embed_tokens"):
            yield TIED, lora(target_modules=["q_proj", end], modules_to_save=[saved], **tie)
    for parameters in (["nope"], ["q_proj.weight"], ["mlp.up_proj.weight"], ["mlp.up_proj.weight", "k_proj.weight"]):
        yield LLAMA, lora(target_parameters=parameters)
        yield LLAMA, lora(target_parameters=parameters, target_modules=[])
        yield LLAMA, lora(target_parameters=parameters, target_modules=["o_proj"])


def count(model_config, adapter):
    config = transformers.AutoConfig.for_model(**model_config)
    model = getattr(transformers, model_config["architectures"][0])(config)
    try:
        # PEFT changes the lists of its config.
        tuned = get_peft_model(model, PeftConfig.from_peft_type(**copy.deepcopy(adapter)))
    except Exception as error:  # noqa: BLE001
        return {"refused": f"{type(error).__name__}: {error}"[:160]}
    trainable, everything = tuned.get_nb_trainable_parameters()
    return {"trainable": trainable, "all": everything}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    rows = [{"model": model, "adapter": adapter, **count(model, adapter)} for model, adapter in cases()]
    text = json.dumps(rows)
    if "--print" in sys.argv:
        print(text)
    else:
        TARGET.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
