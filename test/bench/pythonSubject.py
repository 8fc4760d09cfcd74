"""What the subjects in Python share: the numbers of the works, and the loop that answers the bench line by line."""
import json
import sys
import time

import numpy as np


def hashes(length, seed):
    i = np.arange(length, dtype=np.uint32)
    with np.errstate(over="ignore"):
        h = i * np.uint32(0x9E3779B1) + np.uint32((seed * 0x85EBCA77) & 0xFFFFFFFF)
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
    return h ^ (h >> np.uint32(15))


def serve(build, setup):
    """`build` describes the libraries. `setup` makes a pair of functions, run and probe, from a message."""
    state = {}
    for line in sys.stdin:
        try:
            print(json.dumps({"answer": answer(json.loads(line), state, build, setup)}), flush=True)
        except Exception as error:  # the bench shows it with the subject's name
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


def answer(message, state, build, setup):
    if message["do"] == "build":
        return build()
    if message["do"] == "setup":
        state.clear()
        state["run"], state["probe"] = setup(message)
        return None
    if message["do"] == "probe":
        return state["probe"]()
    start = time.perf_counter()
    for _ in range(message["turns"]):
        state["run"]()
    return (time.perf_counter() - start) * 1000 / message["turns"]
