"""PyTorch, transformers and PEFT as a subject of the bench. subject.ts describes the protocol.

Argument: the number of threads. The work is the training step of training.ts, with the same numbers.
"""
import math
import sys

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from pythonSubject import hashes, serve
from transformers import LlamaConfig, LlamaForCausalLM

LENGTH, LABELLED = 14, 7
torch.set_num_threads(int(sys.argv[1]))


def draw(named, seed):
    """Matrices uniform in +-sqrt(3 / columns), and norms of 1, in the order of their names."""
    for index, (name, parameter) in enumerate(sorted(named)):
        if parameter.dim() == 1:
            parameter.fill_(1)
            continue
        values = (hashes(parameter.numel(), seed + index) / 4294967296 - 0.5).astype(np.float32)
        scale = math.sqrt(12 / parameter.shape[1])
        parameter.copy_(torch.from_numpy(values.reshape(parameter.shape) * np.float32(scale)))


def training_step(args):
    d = args["d"]
    config = LlamaConfig(
        vocab_size=88, hidden_size=d, intermediate_size=d // 64 * 172, num_hidden_layers=args["layers"],
        num_attention_heads=d // 16, num_key_value_heads=d // 16, rms_norm_eps=1e-5, tie_word_embeddings=True,
        max_position_embeddings=64)
    base = LlamaForCausalLM(config).float()
    with torch.no_grad():
        draw(list(base.named_parameters()), 1)
    model = get_peft_model(base, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"])).train()
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    with torch.no_grad():
        draw([(name, parameter) for name, parameter in trained if "lora_A" in name], 1000)
    optimiser = torch.optim.AdamW([parameter for _, parameter in trained], lr=1e-2, weight_decay=0)
    ids = hashes(args["batch"] * LENGTH, 9).astype(np.int64) % 88
    tokens = torch.from_numpy(ids.reshape(args["batch"], LENGTH))
    labels = tokens.clone()
    labels[:, : LENGTH - LABELLED] = -100
    losses = []

    def run():
        optimiser.zero_grad()
        loss = model(input_ids=tokens, labels=labels, use_cache=False).loss
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    def probe():
        run()
        return losses[:2]

    return run, probe


serve(lambda: {"torch": torch.__version__}, lambda message: training_step(message["args"]))
