"""How a network is run: one place for the options of onnxruntime and for the use of cores."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import onnxruntime as ort

from encoders.errors import ModelDamagedError

# onnxruntime joins each addition with the layer norm behind it into one operator whose CPU kernel takes nine times as
# long as the layer norm alone: without this fusion a batch is encoded in two thirds of the time (docs/decisions).
_SLOWER_FUSIONS = ["SkipLayerNormFusion"]

Job = TypeVar("Job")


def available_cores() -> int:
    """Return how many cores this process may use (containers and `taskset` respected where the system tells)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_session(path: Path) -> ort.InferenceSession:
    """Open an ONNX file on the CPU; each run takes one thread, and runs of several threads go side by side.

    Cores are used by running batches side by side (`Workers`) rather than by splitting each operator: threads that
    split an operator wait for one another hundreds of times a batch, which costs a query more than it gains and
    stalls on a machine that OpenSearch shares. A vector does not depend on the number of threads this way.
    Memory patterns are off because batches differ in shape: each new shape would keep its own plan.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_FUSIONS
        )
    except Exception as error:  # onnxruntime has no common base for its own errors
        raise ModelDamagedError(f"{path} cannot be opened by onnxruntime: {error}") from error


class Workers:
    """Up to `threads` threads (0: all cores) that run jobs side by side; the caller alone where one is enough."""

    def __init__(self, threads: int) -> None:
        self.threads = threads if threads > 0 else available_cores()
        self._pool = ThreadPoolExecutor(self.threads, "encoder") if self.threads > 1 else None

    def each(self, work: Callable[[Job], None], jobs: Iterable[Job]) -> None:
        """Do `work` on every job and return when all are done; the first error is raised."""
        stated = list(jobs)
        if self._pool is None or len(stated) < 2:
            for job in stated:
                work(job)
            return
        for _ in self._pool.map(work, stated):
            pass
