"""Fine-tunes GPT-Neo with LoRA. PEFT Inspector counts what it trains, above each config, as you type."""

from peft import LoraConfig, PrefixTuningConfig, TaskType, get_peft_model
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained("EleutherAI/gpt-neo-125M")

RANK = 8

lora = LoraConfig(
    r=RANK,
    lora_alpha=2 * RANK,
    lora_dropout=0.05,
    target_modules=["q_proj", "v_proj"],
    task_type=TaskType.CAUSAL_LM,
)

# The same budget, spent on the MLP and the output projection of the attention too.
wide = LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj", "out_proj", "c_fc", "c_proj"])

prefix = PrefixTuningConfig(num_virtual_tokens=16, task_type=TaskType.CAUSAL_LM)


def build(rank: int):
    """A rank that the caller chooses is not in the text, so nothing is claimed about it."""
    return get_peft_model(model, LoraConfig(r=rank, target_modules="all-linear"))


model = get_peft_model(model, lora)
model.print_trainable_parameters()
