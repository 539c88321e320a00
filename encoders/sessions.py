"""How a network is run: one place for the options of onnxruntime."""

import os
from pathlib import Path

import onnxruntime as ort

from encoders.errors import ModelDamagedError

# onnxruntime joins each addition with the layer norm behind it into one operator whose CPU kernel takes nine times as
# long as the layer norm alone: without this fusion a batch is encoded in two thirds of the time (docs/decisions).
_SLOWER_FUSIONS = ["SkipLayerNormFusion"]


def available_cores() -> int:
    """Return how many cores this process may use (containers and `taskset` respected where the system tells)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_session(path: Path, threads: int = 0, *, spinning: bool = False) -> ort.InferenceSession:
    """Open an ONNX file on the CPU with `threads` threads (0: all cores of this process).

    Memory patterns are off because batches differ in shape: each new shape would keep its own plan.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads if threads > 0 else available_cores()
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spinning else "0")
    try:
        return ort.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_FUSIONS
        )
    except Exception as error:  # onnxruntime has no common base for its own errors
        raise ModelDamagedError(f"{path} cannot be opened by onnxruntime: {error}") from error
