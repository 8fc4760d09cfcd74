"""Writes src/budget/architectures/fusedConversions.ts from PEFT's own tables. usage: python3 scripts/fusedConversions.py [--print]

`npm run format` formats the file. `--print` writes the table as JSON to stdout instead.
"""

import json
import sys
from pathlib import Path

import peft
import transformers
from peft.utils import transformers_weight_conversion as conversion
from transformers.conversion_mapping import get_checkpoint_conversion_mapping

TARGET = Path(__file__).resolve().parent.parent / "src/budget/architectures/fusedConversions.ts"


def table():
    types = {}
    for model_type, pattern in conversion._MODEL_TO_CONVERSION_PATTERN.items():
        names = conversion._MOE_TARGET_MODULE_MAPPING.get(pattern)
        # PEFT converts a config only if transformers converts the checkpoints of the type too.
        if names and get_checkpoint_conversion_mapping(model_type) is not None:
            types.setdefault(pattern, []).append(model_type)
    return {pattern: (conversion._MOE_TARGET_MODULE_MAPPING[pattern], sorted(names)) for pattern, names in types.items()}


def text():
    lines = [
        "/**",
        " * The experts' former linears by the type of the model, each with the fused tensor that replaces it.",
        " *",
        f" * Written by scripts/fusedConversions.py from PEFT {peft.__version__} with transformers {transformers.__version__}.",
        " */",
        "",
        "/** The experts' former linears by name, each with the fused tensor that replaces it in transformers 5. */",
        "export type FusedNames = Readonly<Record<string, string>>;",
        "",
        "interface Conversion {",
        "  readonly names: FusedNames;",
        "  /** Types of whole models, as the top of config.json states them. */",
        "  readonly modelTypes: readonly string[];",
        "}",
        "",
        "export const FUSED_CONVERSIONS: readonly Conversion[] = [",
    ]
    for names, model_types in table().values():
        pairs = ", ".join(f"{old}: '{new}'" for old, new in names.items())
        lines += ["  {", f"    names: {{ {pairs} }},", "    modelTypes: ["]
        lines += [f"      '{name}'," for name in model_types]
        lines += ["    ],", "  },"]
    return "\n".join([*lines, "];", ""])


if __name__ == "__main__":
    if "--print" in sys.argv:
        print(json.dumps([{"names": names, "modelTypes": types} for names, types in table().values()]))
    else:
        TARGET.write_text(text())
