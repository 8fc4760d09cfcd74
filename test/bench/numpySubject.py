"""numpy as a subject of the bench. subject.ts describes the protocol; the works have the names of works.ts.

Arguments: float64 or float32. Environment: OPENBLAS_CORETYPE and OPENBLAS_NUM_THREADS, set by the bench.
"""
import ctypes
import glob
import os
import sys

import numpy as np
from pythonSubject import hashes, serve

DTYPE = np.dtype(sys.argv[1])


def uniform(length, seed):
    return (hashes(length, seed) / 4294967296 - 0.5).astype(np.float32)


def brain_floats(length, seed):
    total = sum(hashes(length, seed + j).astype(np.float64) for j in range(4))
    return ((total / 4294967296 - 2) * 0.0346).astype(np.float32).view(np.uint32).__rshift__(16).astype(np.uint16)


def probe(values):
    values = np.asarray(values).reshape(-1)
    count = min(values.size, 257)
    return [float(values[i * values.size // count]) for i in range(count)]


def gemm(args):
    m, n, k = args["m"], args["n"], args["k"]
    a, b = uniform(m * k, 1).astype(DTYPE), uniform(k * n, 2).astype(DTYPE)
    layout = args.get("layout", "NN")
    a = a.reshape(k, m).T if layout == "TN" else a.reshape(m, k)
    b = b.reshape(n, k).T if layout == "NT" else b.reshape(k, n)
    state = {}

    def run():
        state["out"] = a @ b

    return run, lambda: probe(state["out"])


def layer(args):
    """Forward and backward as in the reference implementation, which computes x @ A.T and scaled @ B twice."""
    d, tokens, r = args["d"], args["tokens"], args["r"]
    W, A = uniform(d * d, 1).reshape(d, d).astype(DTYPE), uniform(r * d, 2).reshape(r, d).astype(DTYPE)
    B = uniform(d * r, 3).reshape(d, r).astype(DTYPE)
    x, grad = (uniform(tokens * d, s).reshape(tokens, d).astype(DTYPE) for s in (4, 5))
    scaling = DTYPE.type(16 / r)
    state = {}

    def run():
        base = x @ W.T
        lora = (x @ A.T) @ B.T
        Ax = x @ A.T
        state["out"] = base + scaling * lora
        scaled = grad * scaling
        state["B"] = scaled.T @ Ax
        grad_Ax = scaled @ B
        state["A"] = grad_Ax.T @ x
        state["x"] = grad @ W + scaled @ B @ A

    return run, lambda: [v for key in ("out", "x", "A", "B") for v in probe(state[key])]


def summary(x):
    """The usual passes, with a mask only if it is needed."""
    nan, plus, minus = np.isnan(x).sum(), np.isposinf(x).sum(), np.isneginf(x).sum()
    y = x if nan + plus + minus == 0 else x[np.isfinite(x)]
    size = np.abs(y)
    return [y.min(), y.max(), y.mean(dtype=np.float64), y.std(dtype=np.float64),
            np.sqrt(np.square(y, dtype=np.float64).sum()), size.sum(dtype=np.float64), size.max(), (y == 0).sum(),
            nan, plus, minus]


def moments(args):
    codes = brain_floats(args["count"], 7)
    every = args.get("nanEvery", 0)
    if every:
        codes[every::every] = 0x7FC0
    state = {}

    def run():
        state["out"] = summary((codes.astype(np.uint32) << 16).view(np.float32))

    return run, lambda: [float(v) for v in state["out"]]


def moments32(args):
    x = uniform(args["count"], 7)
    state = {}

    def run():
        state["out"] = summary(x)

    return run, lambda: [float(v) for v in state["out"]]


def file_statistics(args):
    """The fastest way in numpy: count the codes and derive everything from 65,536 counts."""
    state = {}
    with np.errstate(all="ignore"):
        values = (np.arange(65536, dtype=np.uint32) << 16).view(np.float32).astype(np.float64)
    finite = np.isfinite(values)

    def run():
        counts = np.bincount(np.fromfile(args["file"], dtype=np.uint16), minlength=65536)
        used = finite & (counts > 0)
        v, c = values[used], counts[used]
        n = c.sum()
        mean = (v * c).sum() / n
        low, high = v.min(), v.max()
        bins = np.minimum(np.floor((v - low) / (high - low) * 256).astype(int), 255)
        order = np.argsort(np.abs(v), kind="stable")
        passed = np.cumsum(c[order])
        ranks = np.ceil(np.array([0.5, 0.9, 0.95, 0.99, 0.999]) * n)
        quantiles = np.abs(v)[order][np.searchsorted(passed, ranks)]
        nan = counts[np.isnan(values)].sum()
        state["out"] = [low, high, mean, np.sqrt((c * (v - mean) ** 2).sum() / n), np.sqrt((c * v * v).sum()),
                        (c * np.abs(v)).sum(), np.abs(v).max(), c[v == 0].sum(), nan, counts[0x7F80], counts[0xFF80],
                        *np.bincount(bins, weights=c, minlength=256), *quantiles]

    return run, lambda: [float(v) for v in state["out"]]


def pool(args):
    rows, columns, side = args["rows"], args["columns"], args["side"]
    codes = brain_floats(rows * columns, 7).reshape(rows, columns)
    row_starts = np.arange(side) * rows // side
    column_starts = np.arange(side) * columns // side
    colours = np.arange(259, dtype=np.uint32) * np.uint32(65793)
    state = {}

    def run():
        x = (codes.astype(np.uint32) << 16).view(np.float32)
        high = np.maximum.reduceat(np.maximum.reduceat(x, row_starts, axis=0), column_starts, axis=1)
        low = np.minimum.reduceat(np.minimum.reduceat(x, row_starts, axis=0), column_starts, axis=1)
        cells = np.where(high >= -low, high, low)
        index = np.clip((cells + np.float32(0.1)) * np.float32(255 / 0.2), 0, 255).astype(np.int32)
        state["out"] = colours[index]

    return run, lambda: probe(state["out"])


LEVELS = np.array([
    -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1], dtype=np.float32)


def nf4_codes(x):
    blocks = x.reshape(-1, 64)
    scales = np.abs(blocks).max(axis=1, keepdims=True)
    codes = np.searchsorted((LEVELS[:-1] + LEVELS[1:]) / 2, (blocks * (1 / scales)).reshape(-1)).astype(np.uint8)
    return codes[0::2] << 4 | codes[1::2], scales


def nf4_quantize(args):
    x = uniform(args["count"], 7)
    state = {}

    def run():
        state["out"] = nf4_codes(x)[0]

    return run, lambda: probe(state["out"])


def nf4_dequantize(args):
    codes, scales = nf4_codes(uniform(args["count"], 7))
    pairs = np.stack([LEVELS[np.arange(256) >> 4], LEVELS[np.arange(256) & 15]], axis=1)
    state = {}

    def run():
        state["out"] = pairs[codes].reshape(-1, 64) * scales

    return run, lambda: probe(state["out"])


def factors(args):
    d, r = args["d"], args["r"]
    return uniform(r * d, 2).reshape(r, d).astype(DTYPE), uniform(d * r, 3).reshape(d, r).astype(DTYPE)


def singular_values(args):
    """The same method: QR of both factors, and the singular values of the core."""
    A, B = factors(args)
    state = {}

    def run():
        core = np.linalg.qr(B, mode="r") @ np.linalg.qr(A.T, mode="r").T
        state["out"] = np.linalg.svd(core, compute_uv=False)

    return run, lambda: [float(v) for v in state["out"]]


def full_singular_values(args):
    A, B = factors(args)
    product = B @ A
    state = {}

    def run():
        state["out"] = np.linalg.svd(product, compute_uv=False)[: args["r"]]

    return run, lambda: [float(v) for v in state["out"]]


WORKS = {
    "gemm": gemm, "layer": layer, "moments": moments, "moments32": moments32,
    "fileStatistics": file_statistics, "pool": pool,
    "nf4Quantize": nf4_quantize, "nf4Dequantize": nf4_dequantize, "singularValues": singular_values,
    "fullSingularValues": full_singular_values,
}


def blas_core():
    bundled = os.path.join(os.path.dirname(np.__file__), "..", "numpy.libs", "*openblas*")
    for file in glob.glob(bundled) + ["libopenblas.so.0"]:
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename"):
            try:
                function = getattr(ctypes.CDLL(file), name)
            except (OSError, AttributeError):
                continue
            function.restype = ctypes.c_char_p
            return function().decode()
    return "unknown"


serve(
    lambda: {"numpy": np.__version__, "core": blas_core()},
    lambda message: WORKS[message["work"]](message["args"]),
)
